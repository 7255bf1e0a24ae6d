/* What a fuzz target was given, as a file. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Makes @data the content of the one file in memory that there is; returns its path, static. */
const char *cnx_memory_file (const uint8_t * data, size_t size);
