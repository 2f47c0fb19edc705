# a budget of bytes changes nothing but the memory; one that is too small says what it takes
awk 'BEGIN { print "x,y"; for (t = 0; t < 3000; t++) printf "%.4f,%.4f\n", sin(0.1 * t), cos(0.1 * (t - 3)) }' >long.csv
run="train long.csv --task track --target y --window 1000 --epochs 2 --hidden 8 --seed 1 --output"
elman $run whole.safetensors >whole.out 2>&1
elman $run part.safetensors --memory 300K >part.out 2>&1
elman predict whole.safetensors long.csv >whole.txt
elman predict part.safetensors long.csv >part.txt
cmp whole.txt part.txt && echo same
elman $run none.safetensors --threads 1 --memory 1K || :
elman $run none.safetensors --memory 12Q || :
for bytes in -1 0 5X 1e400 ''; do elman $run none.safetensors --memory "$bytes" || :; done
for bytes in 0.3MB 300KiB '300 kB' 3e5; do elman $run part.safetensors --memory "$bytes" --quiet; done
