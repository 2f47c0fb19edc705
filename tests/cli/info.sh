. "$CASES/data.sh"
make_text 40
elman train text.txt --hidden 16 --layers 2 --embedding 4 --epochs 1 --quiet
elman info text.safetensors | sed '1s/, .*/, SIZE/'
elman info text.safetensors --json | sed 's/"bytes":[0-9.]*/"bytes":N/; s/,"encoding".*//'
