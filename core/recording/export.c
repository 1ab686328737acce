/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/bytes.h"
#include "core/recording/encode.h"
#include "core/recording/file_create.h"

enum { PIECE_BYTES = 1 << 20 };

/* ---- the file ---- */

struct target {
	const char *path;
	int fd;
	bool created;
};

static int target_open(struct target *target, const char *path, bool force, struct error *err)
{
	int ret;

	target->path = path;
	target->fd = file_create(path, force, "", &target->created, err);
	if (target->fd < 0)
		return target->fd;
	ret = file_empty(target->fd);
	if (ret)
		error_set(err, ret, "%s: %s", path, strerror(-ret));
	return ret;
}

/* `ret`: what became of writing so far. */
static int target_close(struct target *target, int ret, struct error *err)
{
	if (target->fd < 0)
		return ret;
	if (close(target->fd) && errno != EINTR && ret >= 0)
		ret = -errno;
	if (ret < 0) {
		if (target->created)
			unlink(target->path);
		error_set(err, ret, "%s cannot be written: %s", target->path, strerror(-ret));
	}
	return ret;
}

/* ---- lines ---- */

struct lines {
	struct target target;
	struct recording_encoder *encoder;
	struct trace_log *log;
	struct bytes piece;
	int n;
};

static int write_piece(struct lines *lines)
{
	int ret = lines->piece.failed ? -ENOMEM :
					file_write(lines->target.fd, lines->piece.data,
						lines->piece.length);

	lines->piece.length = 0;
	return ret;
}

static int write_line(struct lines *lines, uint64_t sequence)
{
	struct trace_line line;

	if (!trace_log_read(lines->log, sequence, &line))
		return 0;
	recording_encode_record(lines->encoder, &line.record, line.real_ns, &lines->piece);
	recording_encode_details_of(lines->encoder, &line.record, &lines->piece);
	lines->n++;
	return lines->piece.length > PIECE_BYTES ? write_piece(lines) : 0;
}

static int write_lines(struct lines *lines, const uint64_t *sequences, size_t n)
{
	struct trace_range all = trace_log_range(lines->log);
	int ret = recording_encode_start(lines->encoder, &lines->piece);

	if (sequences) {
		for (size_t i = 0; i < n && !ret; i++)
			ret = write_line(lines, sequences[i]);
	} else {
		for (uint64_t s = all.first; s < all.end && !ret; s++)
			ret = write_line(lines, s);
	}
	if (!ret)
		ret = recording_encode_end(lines->encoder, NULL, &lines->piece);
	return ret ? ret : write_piece(lines);
}

int export_lines_pcapng(const char *path, bool force, const struct host *host, struct trace_log *log,
	const uint64_t *sequences, size_t n, struct error *err)
{
	struct lines lines = { .log = log, .target.fd = -1 };
	int ret;

	lines.encoder = recording_encoder_new(host);
	if (!lines.encoder)
		return error_set(err, -ENOMEM, "out of memory");
	ret = target_open(&lines.target, path, force, err);
	if (!ret)
		ret = write_lines(&lines, sequences, n);
	ret = target_close(&lines.target, ret, err);
	recording_encoder_free(lines.encoder);
	bytes_free(&lines.piece);
	return ret ? ret : lines.n;
}

/* ---- tables ---- */

struct csv {
	struct bytes text;
	bool within_row;
};

struct csv *csv_new(void)
{
	return calloc(1, sizeof(struct csv));
}

void csv_free(struct csv *csv)
{
	if (!csv)
		return;
	bytes_free(&csv->text);
	free(csv);
}

static void put_quoted(struct bytes *out, const char *text)
{
	bytes_put(out, "\"", 1);
	for (; *text; text++)
		bytes_put(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	bytes_put(out, "\"", 1);
}

void csv_cell(struct csv *csv, const char *text)
{
	if (csv->within_row)
		bytes_put(&csv->text, ",", 1);
	csv->within_row = true;
	if (strpbrk(text, ",\"\r\n"))
		put_quoted(&csv->text, text);
	else
		bytes_put(&csv->text, text, strlen(text));
}

void csv_end_row(struct csv *csv)
{
	bytes_put(&csv->text, "\r\n", 2);
	csv->within_row = false;
}

int csv_write(struct csv *csv, const char *path, bool force, struct error *err)
{
	struct target target;
	int ret;

	if (csv->text.failed)
		return error_set(err, -ENOMEM, "out of memory");
	ret = target_open(&target, path, force, err);
	if (!ret)
		ret = file_write(target.fd, csv->text.data, csv->text.length);
	return target_close(&target, ret, err);
}
