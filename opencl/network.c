#include "opencl/network.h"
