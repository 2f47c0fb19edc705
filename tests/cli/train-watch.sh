# what happens inside, while it learns: the line, the log, and a warning with
# what would help, once; none where all is well
. "$CASES/data.sh"
make_text 400
options='--embedding 8 --batch 8 --epochs 10 --schedule constant --threads 1'
words() { sed -n 's/^elman: //; /^warning/s/[0-9][0-9.e+-]*/N/gp'; }

# healthy networks of each kind of data: no warning, and lines that fit
for cell in rnn gru lstm; do
    elman train text.txt $options --cell $cell --hidden 16 -o ok --metrics ok.log 2>ok.err >/dev/null
    grep -c warning ok.err
    grep '^epoch' ok.err | wc -L | awk '{ print ($1 <= 80 ? "fits" : $1) }'
done
make_series
elman train series.tsv --hidden 8 --epochs 20 -o ok 2>&1 >/dev/null | grep -c warning
make_table
elman train table.csv --target load --hidden 8 --epochs 8 -o ok 2>&1 >/dev/null | grep -c warning

# in the log, and in as many rows of the journal
elman train text.txt $options --hidden 16 -o ok --metrics ok.log --quiet >/dev/null
grep -c '"event":"evaluation".*"horizon":[1-9]' ok.log
elman info ok --json | grep -o '"columns": *\[[^]]*\]'

# narrow and wide terminals
for columns in 60 80 100 140; do
    COLUMNS=$columns elman train text.txt $options --hidden 16 --epochs 1 -o ok 2>&1 >/dev/null |
        grep '^epoch' | sed 's/[0-9][0-9.]*/N/g; s/  */ /g'
done

# recurrent weights that are almost nothing: it vanishes
elman train text.txt $options --cell rnn --hidden 16 --init-hidden uniform:0.001 \
    --lr 1e-4 -o bad --metrics bad.log 2>&1 >/dev/null | words
grep -c '"event":"warning".*"kind":"vanishing"' bad.log
# far too large: it explodes, with clipping and without
for clip in none 1; do
    elman train text.txt $options --cell rnn --hidden 16 --init-hidden gaussian:0.8 \
        --lr 1e-4 --clip-norm $clip -o bad 2>&1 >/dev/null | words
done
# a rate that drives gates to their ends
elman train text.txt $options --hidden 16 --lr 3 -o bad 2>&1 >/dev/null | words
# quiet is quiet
elman train text.txt $options --hidden 16 --lr 3 -o bad --quiet 2>&1 >/dev/null | words
