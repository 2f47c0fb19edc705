# series that are larger than memory are read as they are needed, from a file or a pipe, to the same model
awk 'BEGIN { for (n = 0; n < 400; n++) { printf "%s", n % 2 ? "up" : "down"; for (t = 0; t < 40; t++) printf "\t%.4f", sin(n + 0.1 * t) + (n % 2) * 0.01 * t; print "" } }' >all.tsv
run="--hidden 8 --epochs 2 --seed 1 --output"
elman train all.tsv $run whole.safetensors >whole.out 2>&1
elman train all.tsv $run part.safetensors --memory 300K >part.out 2>&1
elman train - --format series $run pipe.safetensors --memory 300K <all.tsv >pipe.out 2>&1
grep -o 'read as it is needed' part.out
cmp whole.safetensors part.safetensors && echo 'the same file'
for model in whole part pipe; do elman predict $model.safetensors all.tsv >$model.txt; done
cmp whole.txt part.txt && cmp whole.txt pipe.txt && echo same
