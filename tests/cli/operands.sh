elman train
echo $?
elman eval model
echo $?
elman train one two
echo $?
elman train -- --one --two
echo $?
elman predict
elman run
elman convert one
elman eval one two three four
elman predict one two three
elman verify one two
echo $?
. "$CASES/data.sh"
make_series 20
elman train series.tsv --epochs 1 -H 4 -q
elman train series.safetensors
echo $?
elman train series.safetensors -o other
elman train series.tsv --test 20%
elman train series.tsv --validation 12.5%
echo $?
cp series.tsv 20%
elman train series.tsv --test 20% --epochs 1 -H 4 -q
