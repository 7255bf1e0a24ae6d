#include "pipelines/fetch/download_error.h"

G_DEFINE_QUARK (cnx-download-error-quark, cnx_download_error)
