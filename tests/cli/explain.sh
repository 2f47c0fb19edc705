# a tiny network number by number: the page of a book for one LSTM unit; how far
# differences are off depends on the C library
elman explain lstm --hidden 1 --x 1,0.5,-1 --weight 0.5 --check |
    sed 's/, off by [0-9.e-]*/, off by N/; s/within [0-9.e-]*/within N/'

# every cell agrees with its equations and with differences, at any size; the
# largest error of each, as the program says it, is under 1e-4
errors() {
    elman explain "$@" --check --json | grep -oE '"(worst|check)":[0-9.e-]+' |
        awk -F: '$2 < 1e-4 { good++ } END { printf "%d", good }'
}
for cell in rnn lstm gru mingru minlstm indrnn ligru; do
    printf '%s ' $cell
    errors $cell
    errors $cell --hidden 1 --input 1 --steps 1
    errors $cell --hidden 3 --input 2 --steps 7 --seed 5
    errors $cell --hidden 8 --input 8 --steps 12 --seed 9 --target -0.5
    errors $cell --weight 1.5 --steps 4
    echo
done
errors rnn --nonlinearity relu --seed 4
errors indrnn --nonlinearity relu --seed 4
errors gru --reset-before --hidden 4
echo

# numbers as in the published example of two steps and three units
elman explain | head -8
ELMAN_ISA=base elman explain gru >one
elman explain gru >two
cmp one two && echo the same on other kernels
COLUMNS=40 elman explain rnn | awk '{ if (length > 60) wide++ } END { print wide + 0 }'
LC_ALL=C elman explain lstm | LC_ALL=C grep -c '[^ -~]'

# weights of a model file: the network that it holds
. "$CASES/data.sh"
make_series 24
elman train series.tsv --hidden 2 --cell lstm --no-bidirectional --epochs 1 --quiet -o small
elman explain --weights small --check --json | grep -oE '"(worst|check)":[0-9.e-]+' |
    awk -F: '{ print ($2 < 1e-4) }'
elman explain --weights small --x 1,2 | head -1
elman explain gru --json | grep -oE '"(cell|steps|hidden|input)":[^,[]*,' | head -4
