. "$CASES/data.sh"
make_text 40
elman train text.txt --hidden 16,12 --embedding 4 --epochs 1 --quiet
elman inspect text.safetensors text.txt --steps 40 --only flow >chart
# the numbers change with training; the form does not
sed -e 's/[0-9][0-9.e-]*/N/g' -e 's/  *[█▓▒░▏▎▍▌▋▊▉ ]*$//' -e '/^$/d' chart |
    sed -e '/^fine/,/^flow/{/^flow/!d}' -e '/^NOTE/d' -e '/^ALARM/d' |
    tr -s ' ' | uniq
grep -c '█' chart >/dev/null || echo no bars
LC_ALL=C elman inspect text.safetensors --text 'the lazy dog' --only flow |
    grep -c '#' | awk '{ print ($1 > 2) }'
LC_ALL=C elman inspect text.safetensors | LC_ALL=C grep -c '[^ -~]'
elman inspect text.safetensors --json --only flow |
    grep -oE '"(model|source|name|cell|section)":"[^"]*"'
elman inspect text.safetensors --text 'THE'
echo $?
elman inspect text.safetensors --text 't'
echo $?
