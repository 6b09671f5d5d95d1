// SPDX-License-Identifier: Apache-2.0
// Everything that is read from a gateway before it has proved who it is.
#include "ike/answer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

using namespace eligate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(data, size);
    for (const auto port : {ike::ike_port, ike::nat_port}) {
        // Every input counts as an answer to its own SPI, so that the walk begins.
        const std::size_t marker = port == ike::nat_port ? 4 : 0;
        ike::Spi spi{};
        if (size >= marker + spi.size())
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(marker), spi.size(), spi.begin());
        const auto answer = ike::read_answer(bytes, spi, port);
        if (answer && size < marker + 28)
            std::abort();
    }
    return 0;
}
