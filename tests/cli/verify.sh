elman verify --cases 3 --seed 7 | sed 's/0x//; s/[0-9a-f]\{16\}/HASH/' |
    grep -E 'verify|checked|ok|hash|passed' | sed 's/  *[0-9][0-9.e-]* */ N /g'
elman verify --cases 3 --json | grep -oE '"(same_bits|passed)":true'
elman verify missing.safetensors --cases 1
echo $?
