"""Random numbers: PyTorch's own CPU streams, drawn with NumPy.

After ``manual_seed(s)`` the functions here return what PyTorch 2.13 draws on a CPU, in any order of
calls. Its generator is the Mersenne Twister MT19937 (Matsumoto and Nishimura, "Mersenne Twister: a
623-dimensionally equidistributed uniform pseudo-random number generator", 1998, seeded by
``init_genrand`` of 2002), which NumPy has too; what differs is how its 32-bit words become numbers:

==============  ===================================================================================
integers        a word modulo the range; two words (the first one high) if it is 2**28 or more
uniform         24 bits of a word for float16 and float32, 53 bits of two words for float64
normal          sixteen or more: Box-Muller on blocks of sixteen uniform numbers, the last sixteen
                drawn anew if the size is no multiple of 16; fewer: float64 pairs, of which the
                second is kept for the next call; so does ``normal_serial`` at any size
permutation     Fisher and Yates from the front, one word each
all others      two words each, in float64; ``bernoulli`` with an array of float32 p: one word each
==============  ===================================================================================

Equal bit for bit: integers, permutations, uniform and bernoulli numbers, and float32 and float16
normal ones. Equal but for the last bits, as NumPy's logarithm, sine and cosine are not the C
library's: float64 normal, exponential, Cauchy and log-normal numbers; rounded to float32 they are
the same, save for one in a hundred million. So ``multinomial`` differs only where two candidates
are that close; in float16, where many are equal, PyTorch's order of those is not defined.

Where PyTorch itself depends on the machine, its x86-64 wheels are followed. On ARM its float32
normal numbers differ in the last bit; and its older releases, and builds other than the wheels,
may draw bernoulli, dropout and exponential numbers from Intel's MKL, a different stream.

NumPy's global random state is never read or written.

Reading order: ``random_generator`` (words, seeds, states), ``random_reserve`` (words drawn ahead for
small draws), ``random_draws`` (numbers), ``random_normal`` (Box-Muller), ``random_choice``
(permutations, weighted indices).
"""

from retrograd.backends.random_choice import multinomial, permutation
from retrograd.backends.random_draws import (
    bernoulli,
    cauchy,
    exponential,
    geometric,
    integers,
    log_normal,
    natural_integers,
    normal,
    normal_serial,
    random_int63,
    uniform,
)
from retrograd.backends.random_generator import (
    Generator,
    default_generator,
    initial_seed,
    manual_seed,
    seed,
)

__all__ = [
    "Generator",
    "bernoulli",
    "cauchy",
    "default_generator",
    "exponential",
    "geometric",
    "initial_seed",
    "integers",
    "log_normal",
    "manual_seed",
    "multinomial",
    "natural_integers",
    "normal",
    "normal_serial",
    "permutation",
    "random_int63",
    "seed",
    "uniform",
]
