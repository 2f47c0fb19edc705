# labelled series are learned; files and pipes are answered alike
. "$CASES/data.sh"
make_series
elman train series.tsv --hidden 12 --epochs 40 --lr 0.02 --batch 8 --json \
    --quiet | grep -o '"task":"classify"'
elman eval series.safetensors series.tsv --confusion | sed 's/^loss [0-9.e-]*/loss N/'
elman predict series.safetensors series.tsv | cut -f1 | sed -n 1,4p
cut -f2- series.tsv | elman predict series.safetensors | cut -f1 | sed -n 1,4p
elman predict series.safetensors series.tsv >files
cut -f2- series.tsv | elman predict series.safetensors >lines
cmp files lines && echo equal
cut -f2- series.tsv | tr '\t' ' ' | head -1 | elman predict series.safetensors \
    --probabilities | sed 's/0[.][0-9]*/P/g; s/1[.]0*/P/g'
cut -f2- series.tsv | tr '\t' , | head -1 | elman predict series.safetensors \
    --json | grep -o '"label":"[a-z]*"'
try() { printf "$@" | elman predict series.safetensors; echo $?; }
try '1,2,x,4\n'
try '1,2,3:4,5,6\n'
try '1,2,NaN,4\n'
try '\n'
elman predict series.safetensors --scaled </dev/null
echo $?
elman predict series.safetensors --stream </dev/null
echo $?
