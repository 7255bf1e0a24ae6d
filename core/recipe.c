#include "core/recipe.h"
