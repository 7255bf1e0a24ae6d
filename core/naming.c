#include "core/naming.h"
