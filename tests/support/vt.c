/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/vt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum {
	TICK_MS = 5,
	QUIET_MS = 70, /* more than the 50 ms between two drawings and the 25 ms after an Esc */
	ENV_MAX = 48,
};

struct vt {
	VTerm *term;
	VTermScreen *screen;
	int rows, cols;
	int master, slave;
	char tty[64];
	pid_t pid;
	bool ended;
	int status;
	bool typed; /* since the child came to rest; it had slept so often before */
	uint64_t sleeps;
	bool alternate, cursor_visible;
	bool mouse;
	char recent[5]; /* the last bytes, to find modes that libvterm 0.1 passes over */
	uint64_t written;
	bool keep;
	char *bytes;
	size_t n_bytes, room;
	char *line; /* scratch of vt_line() */
};

/* A fault of the test's own tools. */
static void die(const char *what)
{
	fprintf(stderr, "vt: %s: %s\n", what, strerror(errno));
	abort();
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* ---- the emulator ---- */

static int set_property(VTermProp property, VTermValue *value, void *user)
{
	struct vt *vt = user;

	if (property == VTERM_PROP_ALTSCREEN)
		vt->alternate = value->boolean;
	else if (property == VTERM_PROP_CURSORVISIBLE)
		vt->cursor_visible = value->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = set_property };

static void open_emulator(struct vt *vt)
{
	vt->term = vterm_new(vt->rows, vt->cols);
	vt->line = malloc(VT_LINE_MAX);
	if (!vt->term || !vt->line)
		die("vterm_new");
	vterm_set_utf8(vt->term, 1);
	vt->screen = vterm_obtain_screen(vt->term);
	vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
	vterm_screen_enable_altscreen(vt->screen, 1);
	vt->cursor_visible = true;
	vterm_screen_reset(vt->screen, 1);
}

static void keep(struct vt *vt, const char *bytes, size_t n)
{
	while (vt->n_bytes + n > vt->room) {
		vt->room = vt->room ? 2 * vt->room : 65536;
		vt->bytes = realloc(vt->bytes, vt->room);
		if (!vt->bytes)
			die("realloc");
	}
	memcpy(vt->bytes + vt->n_bytes, bytes, n);
	vt->n_bytes += n;
}

/* ---- the child ---- */

static void pin_environment(const struct vt_options *options)
{
	static const char *const kept[] = { "PATH", "BUILD", "ASAN_OPTIONS", "TSAN_OPTIONS",
		"UBSAN_OPTIONS", "LSAN_OPTIONS" };
	static char text[sizeof(kept) / sizeof(kept[0])][4096];
	enum { N = sizeof(kept) / sizeof(kept[0]) };

	for (int i = 0; i < N; i++)
		if (getenv(kept[i]))
			snprintf(text[i], sizeof(text[i]), "%s", getenv(kept[i]));
	clearenv();
	for (int i = 0; i < N; i++)
		if (text[i][0])
			setenv(kept[i], text[i], 1);
	/* LINES and COLUMNS stay unset: the window's size decides, and goes on deciding. */
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("HOME", "/nonexistent", 1);
	if (!options->term)
		setenv("TERM", "xterm-256color", 1);
	else if (options->term[0])
		setenv("TERM", options->term, 1);
	for (const char *const *e = options->env; e && *e; e++)
		if (putenv((char *)*e))
			die("putenv");
}

static void become_child(const struct vt *vt, const struct vt_options *options, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (!options->no_session && ioctl(vt->slave, TIOCSCTTY, 0))
		die("TIOCSCTTY");
	for (int fd = 0; fd <= 2; fd++)
		dup2(vt->slave, fd);
	close(vt->slave);
	close(vt->master);
	pin_environment(options);
	if (options->prepare)
		options->prepare(options->context);
}

/* In the child 0, as fork() has it. */
static pid_t fork_on_pty(struct vt *vt, const struct vt_options *options)
{
	struct winsize size = { .ws_row = options->rows, .ws_col = options->cols };
	pid_t parent = getpid();

	vt->rows = options->rows;
	vt->cols = options->cols;
	vt->keep = options->keep_bytes;
	open_emulator(vt);
	if (openpty(&vt->master, &vt->slave, vt->tty, NULL, &size))
		die("openpty");
	fcntl(vt->master, F_SETFD, FD_CLOEXEC);
	fcntl(vt->slave, F_SETFD, FD_CLOEXEC);
	fcntl(vt->master, F_SETFL, O_NONBLOCK);
	fflush(NULL);
	vt->pid = fork();
	if (vt->pid < 0)
		die("fork");
	if (!vt->pid)
		become_child(vt, options, parent);
	return vt->pid;
}

struct vt *vt_start(const struct vt_options *options, const char *const *argv)
{
	struct vt *vt = calloc(1, sizeof(*vt));

	if (!vt)
		die("calloc");
	if (!fork_on_pty(vt, options)) {
		execvp(argv[0], (char *const *)argv);
		die(argv[0]);
	}
	return vt;
}

struct vt *vt_spawn(const struct vt_options *options, int (*work)(void *context), void *context)
{
	struct vt *vt = calloc(1, sizeof(*vt));

	if (!vt)
		die("calloc");
	if (!fork_on_pty(vt, options)) {
		int status = work(context);

		fflush(NULL);
		_exit(status);
	}
	return vt;
}

void vt_free(struct vt *vt)
{
	if (!vt)
		return;
	if (!vt->ended) {
		kill(vt->pid, SIGKILL);
		waitpid(vt->pid, NULL, 0);
	}
	if (vt->master >= 0)
		close(vt->master);
	if (vt->slave >= 0)
		close(vt->slave);
	vterm_free(vt->term);
	free(vt->bytes);
	free(vt->line);
	free(vt);
}

pid_t vt_pid(const struct vt *vt)
{
	return vt->pid;
}

const char *vt_tty(const struct vt *vt)
{
	return vt->tty;
}

void vt_hang_up(struct vt *vt)
{
	close(vt->slave);
	close(vt->master);
	vt->master = vt->slave = -1;
}

/* ---- what the child is at ---- */

static ssize_t read_proc(pid_t pid, const char *thread, const char *file, char *text, size_t size)
{
	char path[300];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, thread, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

/* A thread that runs, or waits for a CPU or a disk; one that is stopped or asleep is not at work. */
static bool at_work(pid_t pid, const char *thread)
{
	char text[1024], *end;

	if (read_proc(pid, thread, "stat", text, sizeof(text)) <= 0)
		return false;
	end = strrchr(text, ')');
	return end && (end[2] == 'R' || end[2] == 'D');
}

static bool any_at_work(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	bool any = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !any && (entry = readdir(dir)))
		any = entry->d_name[0] != '.' && at_work(pid, entry->d_name);
	if (dir)
		closedir(dir);
	return any;
}

/* How often the first thread went to sleep. */
static uint64_t sleeps(pid_t pid)
{
	static const char name[] = "\nvoluntary_ctxt_switches:";
	char text[4096], thread[16], *at;

	snprintf(thread, sizeof(thread), "%d", pid);
	read_proc(pid, thread, "status", text, sizeof(text));
	at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* What happens now makes the child wake up; until it has, it is not at rest. */
static void note_cause(struct vt *vt)
{
	vt->typed = true;
	vt->sleeps = sleeps(vt->pid);
}

/* ---- keys ---- */

static const struct {
	const char *name;
	const char *bytes;
} named[] = {
	{ "Enter", "\r" }, { "Esc", "\033" }, { "Tab", "\t" }, { "S-Tab", "\033[Z" },
	{ "Space", " " }, { "Backspace", "\177" }, { "Up", "\033OA" }, { "Down", "\033OB" },
	{ "Right", "\033OC" }, { "Left", "\033OD" }, { "Home", "\033OH" }, { "End", "\033OF" },
	{ "Ins", "\033[2~" }, { "Del", "\033[3~" }, { "PgUp", "\033[5~" }, { "PgDn", "\033[6~" },
	{ "F1", "\033OP" }, { "F2", "\033OQ" }, { "F3", "\033OR" }, { "F4", "\033OS" },
	{ "F5", "\033[15~" }, { "F6", "\033[17~" }, { "F7", "\033[18~" }, { "F8", "\033[19~" },
	{ "F9", "\033[20~" }, { "F10", "\033[21~" }, { "F11", "\033[23~" }, { "F12", "\033[24~" },
};

void vt_type(struct vt *vt, const char *text)
{
	size_t n = strlen(text);

	note_cause(vt);
	while (n) {
		ssize_t done = write(vt->master, text, n);

		if (done < 0 && errno != EAGAIN && errno != EINTR)
			die("writing keys");
		if (done < 0) {
			vt_pump(vt, TICK_MS);
			continue;
		}
		text += done;
		n -= done;
	}
}

static void type_word(struct vt *vt, const char *word)
{
	char control[2] = { word[1] & 0x1f, '\0' };

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (strcmp(word, named[i].name) == 0)
			return vt_type(vt, named[i].bytes);
	if (word[0] == '^' && word[1] >= 'A' && word[1] <= 'Z' && !word[2])
		return vt_type(vt, control);
	vt_type(vt, word);
}

void vt_keys(struct vt *vt, const char *keys)
{
	char word[64];
	int used;

	while (sscanf(keys, " %63s%n", word, &used) == 1) {
		type_word(vt, word);
		keys += used;
	}
}

void vt_answer(struct vt *vt, const char *key, const char *text)
{
	vt_keys(vt, key);
	vt_type(vt, text);
	vt_keys(vt, "Enter");
}

void vt_click(struct vt *vt, int row, int col)
{
	char report[64];

	snprintf(report, sizeof(report), "\033[<0;%d;%dM\033[<0;%d;%dm", col + 1, row + 1, col + 1,
		row + 1);
	vt_type(vt, report);
}

void vt_resize(struct vt *vt, int rows, int cols)
{
	struct winsize size = { .ws_row = rows, .ws_col = cols };

	vt->rows = rows;
	vt->cols = cols;
	vterm_set_size(vt->term, rows, cols);
	note_cause(vt);
	if (ioctl(vt->master, TIOCSWINSZ, &size))
		die("TIOCSWINSZ");
}

/* ---- output ---- */

/* ncurses sets two modes in one sequence, "\033[?1006;1000h", of which libvterm 0.1 heeds the first only. */
static void watch_mouse(struct vt *vt, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		memmove(vt->recent, vt->recent + 1, sizeof(vt->recent) - 1);
		vt->recent[sizeof(vt->recent) - 1] = bytes[i];
		if (memcmp(vt->recent, "1000h", 5) == 0)
			vt->mouse = true;
		else if (memcmp(vt->recent, "1000l", 5) == 0)
			vt->mouse = false;
	}
}

bool vt_pump(struct vt *vt, int ms)
{
	struct pollfd fd = { .fd = vt->master, .events = POLLIN };
	static char bytes[65536];
	bool any = false;
	ssize_t n;

	if (poll(&fd, 1, ms) <= 0 || !(fd.revents & POLLIN))
		return false;
	while ((n = read(vt->master, bytes, sizeof(bytes))) > 0) {
		vt->written += n;
		if (vt->keep)
			keep(vt, bytes, n);
		watch_mouse(vt, bytes, n);
		vterm_input_write(vt->term, bytes, n);
		any = true;
		if (n < (ssize_t)sizeof(bytes))
			break;
	}
	return any;
}

static void reap(struct vt *vt)
{
	if (!vt->ended && waitpid(vt->pid, &vt->status, WNOHANG) == vt->pid)
		vt->ended = true;
}

/* Whether it waits in poll() with nothing of its own to do soon. False also where that cannot be seen. */
static bool waits_long(pid_t pid)
{
#ifdef SYS_poll
	char text[256], thread[16];
	unsigned long number, fds, n_fds, ms;

	snprintf(thread, sizeof(thread), "%d", pid);
	if (read_proc(pid, thread, "syscall", text, sizeof(text)) <= 0 ||
		sscanf(text, "%lu %lx %lx %lx", &number, &fds, &n_fds, &ms) != 4)
		return false;
	return number == SYS_poll && ((int)ms < 0 || (int)ms > 2 * QUIET_MS);
#else
	(void)pid;
	return false;
#endif
}

bool vt_hangs(const struct vt *vt)
{
	char text[256], thread[16];
	long number;

	snprintf(thread, sizeof(thread), "%d", vt->pid);
	return read_proc(vt->pid, thread, "syscall", text, sizeof(text)) > 0 &&
	       sscanf(text, "%ld", &number) == 1 && number == SYS_write;
}

static bool busy(struct vt *vt)
{
	int keys = 0;

	if (ioctl(vt->slave, FIONREAD, &keys))
		die("FIONREAD");
	/* A key takes a moment in the kernel before it wakes who waits for it. */
	return keys > 0 || (vt->typed && sleeps(vt->pid) == vt->sleeps) || any_at_work(vt->pid);
}

void vt_settle(struct vt *vt)
{
	int64_t end = now_ms() + VT_WAIT_MS, quiet_since = now_ms();
	int long_waits = 0; /* in a row: then there is no need to wait and see */

	while (now_ms() - quiet_since < QUIET_MS && long_waits < 2) {
		bool moves = vt_pump(vt, TICK_MS) || busy(vt);

		if (moves)
			quiet_since = now_ms();
		long_waits = !moves && waits_long(vt->pid) ? long_waits + 1 : 0;
		reap(vt);
		if (vt->ended)
			return;
		if (now_ms() > end)
			fail_msg("the program does not come to rest");
	}
	vt->typed = false;
}

bool vt_wait(struct vt *vt, bool (*ready)(struct vt *vt, const void *context), const void *context,
	int ms)
{
	int64_t end = now_ms() + ms;

	while (!ready(vt, context)) {
		if (now_ms() >= end)
			return false;
		vt_pump(vt, TICK_MS);
		reap(vt);
		if (vt->ended && !vt_pump(vt, 0))
			return ready(vt, context);
	}
	return true;
}

static bool has_text(struct vt *vt, const void *text)
{
	return vt_find(vt, text) >= 0;
}

static bool lacks_text(struct vt *vt, const void *text)
{
	return vt_find(vt, text) < 0;
}

static void fail_with_screen(struct vt *vt, const char *what, const char *text)
{
	char *screen = vt_text(vt);

	/* cmocka's own functions cut long texts. */
	fprintf(stderr, "%s '%s' on this screen%s:\n%s", what, text,
		vt->ended ? " of a program that has ended" : "", screen);
	free(screen);
	fail();
}

void vt_expect(struct vt *vt, const char *text)
{
	if (!vt_wait(vt, has_text, text, VT_WAIT_MS))
		fail_with_screen(vt, "no", text);
}

void vt_expect_not(struct vt *vt, const char *text)
{
	if (!vt_wait(vt, lacks_text, text, VT_WAIT_MS))
		fail_with_screen(vt, "still", text);
}

int vt_end(struct vt *vt, int ms)
{
	int64_t end = now_ms() + ms;

	for (;;) {
		reap(vt);
		if (vt->master >= 0)
			while (vt_pump(vt, vt->ended ? 0 : TICK_MS))
				;
		else if (!vt->ended)
			usleep(TICK_MS * 1000);
		if (vt->ended)
			return WIFSIGNALED(vt->status) ? 128 + WTERMSIG(vt->status) :
							 WEXITSTATUS(vt->status);
		if (now_ms() >= end)
			return -1;
	}
}

/* ---- the screen ---- */

int vt_rows(const struct vt *vt)
{
	return vt->rows;
}

int vt_cols(const struct vt *vt)
{
	return vt->cols;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = 0xc0 | c >> 6;
		to[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		to[0] = 0xe0 | c >> 12;
		to[1] = 0x80 | (c >> 6 & 0x3f);
		to[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	to[0] = 0xf0 | c >> 18;
	to[1] = 0x80 | (c >> 12 & 0x3f);
	to[2] = 0x80 | (c >> 6 & 0x3f);
	to[3] = 0x80 | (c & 0x3f);
	return 4;
}

static int colour_index(const struct vt *vt, VTermColor colour)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(&colour) || VTERM_COLOR_IS_DEFAULT_BG(&colour))
		return -1;
	if (VTERM_COLOR_IS_INDEXED(&colour))
		return colour.indexed.idx;
	vterm_screen_convert_color_to_rgb(vt->screen, &colour);
	return 0x1000000 | colour.rgb.red << 16 | colour.rgb.green << 8 | colour.rgb.blue;
}

struct vt_cell vt_cell(const struct vt *vt, int row, int col)
{
	struct vt_cell out = { .text = " " };
	VTermScreenCell cell;
	size_t used = 0;

	if (!vterm_screen_get_cell(vt->screen, (VTermPos){ .row = row, .col = col }, &cell))
		return out;
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) {
		if (cell.chars[i] == (uint32_t)-1)
			break;
		used += put_utf8(out.text + used, cell.chars[i]);
	}
	if (used || cell.chars[0] == (uint32_t)-1)
		out.text[used] = '\0';
	out.fg = colour_index(vt, cell.fg);
	out.bg = colour_index(vt, cell.bg);
	out.bold = cell.attrs.bold;
	out.underline = cell.attrs.underline;
	out.reverse = cell.attrs.reverse;
	out.italic = cell.attrs.italic;
	out.blink = cell.attrs.blink;
	return out;
}

static void line_into(const struct vt *vt, int row, char *line)
{
	size_t used = 0;

	for (int col = 0; col < vt->cols && used + 32 < VT_LINE_MAX; col++) {
		struct vt_cell cell = vt_cell(vt, row, col);
		size_t n = strlen(cell.text);

		memcpy(line + used, cell.text, n);
		used += n;
	}
	while (used && line[used - 1] == ' ')
		used--;
	line[used] = '\0';
}

const char *vt_line(const struct vt *vt, int row)
{
	line_into(vt, row, vt->line);
	return vt->line;
}

char *vt_text(const struct vt *vt)
{
	char *text = malloc((size_t)vt->rows * VT_LINE_MAX + 1), *at = text;

	if (!text)
		die("malloc");
	for (int row = 0; row < vt->rows; row++)
		at += sprintf(at, "%s\n", vt_line(vt, row));
	*at = '\0';
	return text;
}

int vt_find_at(const struct vt *vt, const char *text, int *col)
{
	for (int row = 0; row < vt->rows; row++) {
		const char *line = vt_line(vt, row), *at = strstr(line, text);

		if (!at)
			continue;
		if (col)
			*col = (int)(at - line);
		return row;
	}
	return -1;
}

int vt_find(const struct vt *vt, const char *text)
{
	return vt_find_at(vt, text, NULL);
}

void vt_cursor(const struct vt *vt, int *row, int *col)
{
	VTermPos at;

	vterm_state_get_cursorpos(vterm_obtain_state(vt->term), &at);
	*row = at.row;
	*col = at.col;
}

bool vt_cursor_visible(const struct vt *vt)
{
	return vt->cursor_visible;
}

bool vt_alternate(const struct vt *vt)
{
	return vt->alternate;
}

bool vt_mouse(const struct vt *vt)
{
	return vt->mouse;
}

struct termios vt_termios(const struct vt *vt)
{
	struct termios modes;

	if (tcgetattr(vt->slave, &modes))
		die("tcgetattr");
	return modes;
}

uint64_t vt_written(const struct vt *vt)
{
	return vt->written;
}

const char *vt_bytes(const struct vt *vt, size_t *n)
{
	*n = vt->n_bytes;
	return vt->bytes;
}
