/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <ncurses.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tui/keys.h"

#define TO_ASCII "\033(B"

enum { GRACE_MS = 700, ESCAPE_MS = 25, STDERR_MOST = 65536 };

/* What a signal handler needs lies ready: it may call nothing that is not async-signal-safe. */
static struct {
	struct termios saved;
	char restore[256]; /* what gives the terminal back */
	size_t restore_length;
	atomic_bool taken;  /* the screen is ours */
	atomic_bool ending; /* a signal said so */
	atomic_bool stop_wanted; /* ^Z */
	atomic_bool resized;
	atomic_bool gone;
	int signal_fd; /* tells the terminal thread of these */
	int stderr_fd;	  /* where standard error went before */
	int caught_fd;	  /* where it goes now */
	pthread_t watcher;
	SCREEN *screen;
	bool charset; /* TO_ASCII is ours to write */
} term;

/* ---- before anything is attached ---- */

int terminal_check(struct error *err)
{
	const char *name = getenv("TERM");
	int found = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(err, -ENOTTY,
			"standard input and output are no terminal: --json writes to a pipe or file");
	if (!name || !name[0])
		return error_set(err, -ENODEV,
			"TERM is not set, so nothing is known of this terminal: set it, or use --json");
	if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
		return error_set(err, -ENODEV,
			"the terminal type '%.40s' is unknown here: set TERM to one that is (xterm), or use "
			"--json",
			name);
	if (!cursor_address || !clear_screen)
		return error_set(err, -ENODEV,
			"a terminal of type '%.40s' cannot move its cursor: use --json", name);
	return 0;
}

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
}

static void drawing_signals(sigset_t *set)
{
	sigaddset(set, SIGWINCH);
	sigaddset(set, SIGTSTP);
}

/* Never runs, since the signal is blocked; what is ignored by default would not wait otherwise. */
static void on_nothing(int number)
{
	(void)number;
}

void terminal_signals(void)
{
	sigset_t set;

	ending_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigemptyset(&set);
	drawing_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* Reading and writing in the background must not stop the collector. */
	signal(SIGTTOU, SIG_IGN);
}

/* ---- giving it back in a hurry ---- */

/* Async-signal-safe. A description of its own, so that a full terminal cannot hold us up. */
static void give_back(void)
{
	int fd;

	if (!atomic_exchange(&term.taken, false))
		return;
	fd = open("/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		if (write(fd, term.restore, term.restore_length) < 0)
			fd = -1; /* it is gone or stands still: nothing more can be done */
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
}

static void on_crash(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void on_exit_of_process(void)
{
	give_back();
}

static void catch_crashes(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &action, NULL);
}

static void append_restore(const char *capability)
{
	size_t length = capability && capability != (char *)-1 ? strlen(capability) : 0;

	if (term.restore_length + length > sizeof(term.restore))
		return;
	memcpy(term.restore + term.restore_length, capability ? capability : "", length);
	term.restore_length += length;
}

static void prepare_restore(void)
{
	term.restore_length = 0;
	append_restore("\033[?1006l\033[?1000l"); /* the mouse, should it be on */
	append_restore(exit_attribute_mode);
	append_restore(orig_pair);
	append_restore(keypad_local);
	append_restore(cursor_normal);
	append_restore(exit_ca_mode);
}

/* ---- signals that end ---- */

/* True if it says to end. */
static bool pass_on(int number)
{
	const uint64_t one = 1;
	atomic_bool *what = number == SIGTSTP  ? &term.stop_wanted :
			    number == SIGWINCH ? &term.resized :
						 &term.ending;

	atomic_store(what, true);
	if (write(term.signal_fd, &one, sizeof(one)) < 0)
		return true; /* cannot happen; be gone all the same */
	return what == &term.ending;
}

static void *watch(void *unused)
{
	const struct timespec grace = { .tv_nsec = GRACE_MS * 1000000L };
	sigset_t set;
	int number;

	(void)unused;
	ending_signals(&set);
	drawing_signals(&set);
	do
		if (sigwait(&set, &number))
			return NULL;
	while (!pass_on(number));
	nanosleep(&grace, NULL);
	/* Not cancelled: the terminal thread hangs in its terminal. The kernel frees what is attached. */
	give_back();
	_exit(EXIT_FAILED);
}

int terminal_signal_fd(void)
{
	return term.signal_fd;
}

bool terminal_ending(void)
{
	return atomic_load(&term.ending);
}

/* ---- other sizes, and ^Z ---- */

static void take_size(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col &&
		is_term_resized(size.ws_row, size.ws_col))
		resizeterm(size.ws_row, size.ws_col);
}

static bool in_background(void)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	return foreground > 0 && foreground != getpgrp();
}

/*
 * Not left to ncurses, which ignores SIGTSTP while it draws: a ^Z then is lost. To this thread alone, so that
 * the watcher does not take it; all threads stop.
 */
static void stop_for_now(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	endwin();
	signal(SIGTSTP, SIG_DFL);
	pthread_kill(pthread_self(), SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	/* ... until SIGCONT. After `bg` the terminal is somebody else's. */
	while (in_background())
		kill(getpid(), SIGSTOP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGTSTP, on_nothing);
	tcgetattr(STDIN_FILENO, &term.saved);
	def_shell_mode();
	reset_prog_mode();
	terminal_redraw();
	take_size();
}

void terminal_heed(void)
{
	uint64_t count;

	if (read(term.signal_fd, &count, sizeof(count)) < 0 || terminal_ending())
		return;
	if (atomic_exchange(&term.resized, false))
		take_size();
	if (atomic_exchange(&term.stop_wanted, false))
		stop_for_now();
}

/* ---- standard error, which would write over the screen ---- */

static void catch_stderr(void)
{
	term.stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	term.caught_fd = memfd_create("stderr", MFD_CLOEXEC);
	if (term.caught_fd >= 0)
		dup2(term.caught_fd, STDERR_FILENO);
}

static void release_stderr(void)
{
	char text[4096];
	off_t at = 0;
	ssize_t n;

	if (term.stderr_fd < 0)
		return;
	dup2(term.stderr_fd, STDERR_FILENO);
	close(term.stderr_fd);
	while (term.caught_fd >= 0 && at < STDERR_MOST &&
		(n = pread(term.caught_fd, text, sizeof(text), at)) > 0) {
		if (write(STDERR_FILENO, text, n) < 0)
			break;
		at += n;
	}
	if (term.caught_fd >= 0)
		close(term.caught_fd);
	term.stderr_fd = term.caught_fd = -1;
}

/* ---- taking over ---- */

/* Cuts a part out of a capability, in place: what tigetstr() returns is what ncurses writes from. */
static bool cut_out(const char *capability, const char *part)
{
	char *text = tigetstr(capability);
	char *at = text && text != (char *)-1 ? strstr(text, part) : NULL;

	if (at)
		memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
	return at != NULL;
}

/*
 * xterm's descriptions go back to ASCII from line drawing characters whenever attributes change, three bytes
 * each time. Nothing here draws with those, so once (see terminal_redraw()) is enough.
 */
static void leave_charset_alone(void)
{
	term.charset = cut_out("sgr0", TO_ASCII);
	cut_out("sgr", "%?%p9%t\033(0%e" TO_ASCII "%;");
}

void terminal_redraw(void)
{
	clearok(curscr, TRUE);
	if (!term.charset)
		return;
	putp(TO_ASCII); /* by stdio, not by ncurses' own buffer */
	fflush(stdout);
}

int terminal_open(struct error *err)
{
	memset(&term, 0, sizeof(term));
	term.stderr_fd = term.caught_fd = -1;
	term.signal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (term.signal_fd < 0 || tcgetattr(STDIN_FILENO, &term.saved))
		return error_set(err, -errno, "cannot take over the terminal: %s", strerror(errno));
	/* ncurses leaves signals alone that somebody handles. */
	signal(SIGTSTP, on_nothing);
	signal(SIGWINCH, on_nothing);
	set_escdelay(ESCAPE_MS);
	term.screen = newterm(NULL, stdout, stdin);
	if (!term.screen)
		return error_set(err, -ENODEV, "ncurses cannot open this terminal");
	prepare_restore();
	leave_charset_alone();
	atomic_store(&term.taken, true);
	atexit(on_exit_of_process);
	catch_crashes();
	catch_stderr();
	use_default_colors();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	/* A cursor that nobody sees may stay wherever drawing leaves it. */
	leaveok(stdscr, curs_set(0) != ERR);
	if (pthread_create(&term.watcher, NULL, watch, NULL)) {
		terminal_close();
		return error_set(err, -EAGAIN, "cannot start a thread");
	}
	terminal_redraw();
	take_size(); /* as it is by now */
	return 0;
}

/* Where the terminal has no other screen to come back to, what asks next takes the last line. */
static void empty_last_line(void)
{
	const char *leave = tigetstr("rmcup");

	if (leave && leave != (const char *)-1)
		return;
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
}

void terminal_close(void)
{
	if (!term.screen)
		return;
	if (term.watcher) {
		pthread_cancel(term.watcher);
		pthread_join(term.watcher, NULL);
	}
	if (!atomic_load(&term.gone)) {
		terminal_mouse(false);
		empty_last_line();
		endwin();
		atomic_store(&term.taken, false);
	}
	delscreen(term.screen);
	term.screen = NULL;
	release_stderr();
	close(term.signal_fd);
}

bool terminal_is_open(void)
{
	return term.screen != NULL;
}

/* ---- keys ---- */

int terminal_key(void)
{
	wint_t key;
	int kind = get_wch(&key);

	if (kind == KEY_CODE_YES)
		return KEY_SPECIAL + (int)key;
	return kind == OK ? (int)key : -1;
}

bool terminal_gone(void)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	bool gone = poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR | POLLNVAL);

	if (gone)
		atomic_store(&term.gone, true);
	return gone;
}

void terminal_mouse(bool on)
{
	mousemask(on ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON4_PRESSED |
				BUTTON5_PRESSED :
		       0,
		NULL);
	mouseinterval(0);
}

/* ---- text to copy ---- */

static void leave_text(void)
{
	int h = getmaxy(stdscr), w = getmaxx(stdscr);
	char *line = w > 0 ? calloc(w + 1, MB_LEN_MAX) : NULL;

	for (int y = 0; line && y < h - 2; y++) {
		size_t length;

		if (mvwinnstr(stdscr, y, 0, line, w * MB_LEN_MAX) == ERR)
			continue;
		length = strlen(line);
		while (length && line[length - 1] == ' ')
			line[--length] = '\0';
		printf("%s\n", line);
	}
	printf("-- any key goes back to the screen --\n");
	fflush(stdout);
	free(line);
}

void terminal_show_text(void)
{
	struct pollfd fds[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = term.signal_fd, .events = POLLIN },
	};
	struct termios raw = term.saved;
	char byte;

	def_prog_mode();
	endwin();
	leave_text();
	/* One key shall do, not a whole line. */
	raw.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (fds[0].revents & POLLIN && read(STDIN_FILENO, &byte, 1) <= 0)
		atomic_store(&term.gone, true);
	reset_prog_mode();
	terminal_redraw();
}

bool terminal_has_glyphs(void)
{
	const char *type = getenv("TERM");

	return !type || strncmp(type, "linux", 5) != 0;
}
