# --quiet leaves errors and results; without it a run reports its progress on
# standard error, in plain lines if that is not a terminal
. "$CASES/data.sh"
make_series 40
elman train series.tsv --hidden 8 --epochs 2 --quiet
echo ---
elman train series.tsv --hidden 8 --epochs 2 --threads 1 2>err >out
sed '/^epoch/s/ *\(reach\|gradient\|norm\) .*//' err | tr -s ' ' | sed 's/[0-9][0-9.]*/N/g'
echo ---
sed 's/[0-9][0-9.]*/N/g; s/-$/N/; s/  */ /g' out
