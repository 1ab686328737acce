/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/config.h"

#include <errno.h>

#include "tui/config_file.h"
#include "tui/config_text.h"

int config_load_from(struct config *config, const struct config_place *place, struct error *err)
{
	struct bytes text = { .data = NULL };
	int rc;

	config_init(config);
	rc = config_file_read(place, &text, err);
	if (!rc && config_text_read(config, (const char *)text.data, text.length))
		rc = error_set(err, -ENOMEM, "out of memory");
	bytes_free(&text);
	if (rc)
		config_init(config);
	return rc;
}

/* The file is read again, so that what was written into it meanwhile is kept, too. */
int config_save_to(const struct config *config, const struct config_place *place, struct error *err)
{
	struct bytes old = { .data = NULL }, text = { .data = NULL };
	int rc = config_file_read(place, &old, err);

	if (!rc && config_text_write(config, (const char *)old.data, old.length, &text))
		rc = error_set(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = config_file_write(place, text.data, text.length, err);
	bytes_free(&old);
	bytes_free(&text);
	return rc;
}

int config_load(struct config *config, struct error *err)
{
	struct config_place place;

	config_place_find(&place);
	return config_load_from(config, &place, err);
}

int config_save(const struct config *config, struct error *err)
{
	struct config_place place;

	config_place_find(&place);
	return config_save_to(config, &place, err);
}
