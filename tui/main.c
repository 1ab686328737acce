/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

int main(void)
{
	puts("skewtop " SKEWTOP_VERSION);
	return 0;
}
