/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter-check FILE.pcap 'EXPR'...
 * Runs each packet of a capture (pcap or pcapng; Ethernet or bare IP) through libpcap's interpreter
 *and through skewtop's filter in the kernel, and says of each expression EXPR: packets N match M
 *mismatches K Exit 0: no mismatch; 1: some, or something failed; 2: a file or an expression that
 *cannot be.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/filter/check.h"

static int complain(const char *what, const char *why, int status)
{
	fprintf(stderr, "filter-check: %s: %s\n", what, why);
	return status;
}

/* Bytes of all packets, as filter_check_open() counts. Moves to the end of the file. */
static int measure(pcap_t *pcap, size_t *size)
{
	struct pcap_pkthdr *head;
	const unsigned char *bytes;
	int ret;

	*size = 0;
	while ((ret = pcap_next_ex(pcap, &head, &bytes)) == 1)
		*size += filter_check_room(head->caplen);
	return ret == PCAP_ERROR_BREAK ? 0 : ret;
}

static pcap_t *open_capture(const char *path, enum classic_link *link)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, why);

	if (!pcap) {
		complain(path, why, 0);
		return NULL;
	}
	switch (pcap_datalink(pcap)) {
	case DLT_EN10MB:
		*link = CLASSIC_ETHERNET;
		return pcap;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		*link = CLASSIC_IP;
		return pcap;
	}
	complain(path, "neither Ethernet nor bare IP", 0);
	pcap_close(pcap);
	return NULL;
}

static int add_packets(struct filter_check *check, pcap_t *pcap, enum classic_link link)
{
	struct pcap_pkthdr *head;
	const unsigned char *bytes;
	int ret = 0;

	while (!ret && pcap_next_ex(pcap, &head, &bytes) == 1)
		ret = filter_check_add(check, link, bytes, head->caplen, head->len);
	return ret;
}

/* Puts the packets of a capture where the kernel can reach them. NULL, and an exit code. */
static struct filter_check *read_capture(const char *path, int *status)
{
	struct filter_check *check = NULL;
	struct error err = {""};
	enum classic_link link;
	pcap_t *pcap = open_capture(path, &link);
	size_t size;

	*status = EXIT_BAD_INPUT;
	if (!pcap)
		return NULL;
	if (measure(pcap, &size)) {
		complain(path, pcap_geterr(pcap), 0);
		pcap_close(pcap);
		return NULL;
	}
	pcap_close(pcap);
	*status = EXIT_FAILED;
	if (filter_check_open(size, &check, &err)) {
		complain(path, err.text, 0);
		return NULL;
	}
	pcap = open_capture(path, &link);
	if (!pcap || add_packets(check, pcap, link)) {
		complain(path, "cannot be read a second time", 0);
		filter_check_close(check);
		check = NULL;
	}
	if (pcap)
		pcap_close(pcap);
	return check;
}

static int check_expr(struct filter_check *check, const char *expr)
{
	struct filter_check_result result;
	struct error err = {""};
	int ret = filter_check_run(check, expr, &result, &err);

	if (ret)
		return complain(expr, err.text,
			ret == -EINVAL || ret == -E2BIG ? EXIT_BAD_INPUT : EXIT_FAILED);
	printf("%s: packets %ju match %ju mismatches %ju\n", expr, (uintmax_t)result.packets,
		(uintmax_t)result.matches, (uintmax_t)result.mismatches);
	if (!result.mismatches)
		return EXIT_OK;
	fprintf(stderr, "filter-check: %s: the first is packet %zu\n", expr,
		result.first_mismatch + 1);
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct filter_check *check;
	int status;

	if (argc < 3) {
		fputs("usage: filter-check FILE.pcap 'EXPR'...\n", stderr);
		return EXIT_BAD_INPUT;
	}
	check = read_capture(argv[1], &status);
	if (!check)
		return status;
	status = EXIT_OK;
	for (int i = 2; i < argc; i++) {
		int one = check_expr(check, argv[i]);

		/* A mismatch weighs more than an expression that cannot be. */
		if (one == EXIT_FAILED || !status)
			status = one;
	}
	filter_check_close(check);
	if (fflush(stdout))
		return complain("standard output", strerror(errno), EXIT_FAILED);
	return status;
}
