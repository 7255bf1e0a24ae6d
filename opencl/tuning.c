#include "opencl/tuning.h"
