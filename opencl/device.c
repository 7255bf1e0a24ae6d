#include "opencl/device.h"
