#include "core/arch.h"
