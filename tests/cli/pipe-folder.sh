# a pipe that is larger than memory, and no folder to keep it in
awk 'BEGIN { for (n = 0; n < 400; n++) { printf "%s", n % 2 ? "up" : "down"; for (t = 0; t < 40; t++) printf "\t%.4f", sin(n + 0.1 * t) + (n % 2) * 0.01 * t; print "" } }' >all.tsv
cat all.tsv | TMPDIR=/no/such/folder elman train - --format series --hidden 8 --epochs 2 --seed 1 --output none.safetensors --memory 300K
