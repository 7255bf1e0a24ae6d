#include "core/resample.h"
