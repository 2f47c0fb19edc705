elman verify --cases 3 --seed 7 | sed 's/0x//; s/[0-9a-f]\{16\}/HASH/' |
    grep -E 'verify|checked|ok|hash|passed' | sed 's/  *[0-9][0-9.e-]* */ N /g'
elman verify --cases 3 --json | grep -oE '"(same_bits|passed)":true'
elman verify missing.safetensors --cases 1
echo $?
# a name of kernels that nothing has is said, unless --quiet, and costs nothing
for isa in mmx ref ''; do
    ELMAN_ISA=$isa elman verify --cases 1 2>&1 >/dev/null |
        sed 's/[a-z0-9]* is used/ISA is used/'
done
ELMAN_ISA=mmx elman verify --cases 1 --quiet --json 2>&1 >/dev/null
