#include "opencl/program.h"
