# whoever predicts has no labels yet: they may be left out or open, in any of
# the forms that series come in
. "$CASES/data.sh"
make_series 40
elman train series.tsv -t 1 --epochs 30 -H 8 --lr 0.02 -q --validation 0 -o m
elman predict m series.tsv >answers
wc -l <answers
same() { cmp - answers && echo "$@"; }
cut -f2- series.tsv >bare.tsv
sed 's/^[a-z]*/?/' series.tsv >open.tsv
values() { cut -f2- series.tsv | sed 's/\tNaN//g' | tr '\t' ,; }
cut -f1 series.tsv >labels
{ printf '@problemName peaks\n@univariate true\n@classLabel true early late\n@data\n'
  values | paste -d: - labels; } >series.ts
{ printf '@problemName peaks\n@univariate true\n@classLabel false\n@data\n'
  values; } >none.ts
sed 's/:[a-z]*$/:?/' series.ts >open.ts
elman predict m bare.tsv --no-labels | same bare
elman predict m open.tsv | same open
elman predict m series.ts | same ts
elman predict m none.ts | same ts without labels
elman predict m open.ts | same ts with open labels
# through a pipe, labelled or not, and in a file of another suffix
cat series.tsv | elman predict m | same labelled lines
cat open.tsv | elman predict m | same open lines
cat bare.tsv | elman predict m --no-labels | same bare lines
cat none.ts | elman predict m | same lines under a header
cp series.tsv series.txt
elman predict m series.txt | same txt
elman predict m <series.tsv | same redirected
elman predict m open.tsv --output answers.csv
head -1 answers.csv
elman predict m series.tsv --output answers.csv
head -1 answers.csv
# but there is nothing to measure
elman eval m open.tsv
echo $?
