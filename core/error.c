#include "core/error.h"

G_DEFINE_QUARK (cnx-error-quark, cnx_error)
