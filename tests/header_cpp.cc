// header_cpp.cc: elman.h stands alone as C++17 and reaches the shared library.
#include "elman.h"

#include <cstdio>

int main()
{
    elman_config config{};
    config.layers[0].kind = ELMAN_LSTM;
    elman_model *model = nullptr;

    // an LSTM without a size: the library must refuse
    if (elman_model_create(&config, &model) == ELMAN_OK) return 1;
    return std::printf("C++17: elman %s\n", elman_version()) < 0;
}
