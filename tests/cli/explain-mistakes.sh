# what does not fit is refused by name
say() { elman explain "$@"; echo $?; }
# (the list grows with each cell)
say lstn 2>&1 | sed 's/one of: rnn|lstm|gru|.*/one of: rnn|lstm|gru|.../'
say lstm gru
say lstm --x 1,two
say lstm --input 2 --x 1,2,3
say lstm --x 1,2,3 --steps 2
say lstm --steps 51
say lstm --hidden 9
say lstm --nonlinearity relu
say mingru --reset-before
say --json
say --experiment vanish
say --experiment nothing
say lstm --experiment lstm
say --experiment shapes --weight 1
say --experiment shapes --hidden 1
say lstm --window 3
say lstm -o nowhere/page.html
say --weights missing
. "$CASES/data.sh"
make_series 24
elman train series.tsv --hidden 16 --no-bidirectional --epochs 1 --quiet -o large
say --weights large
say lstm --weights large
say --weights large --weight 1
say --weights large --hidden 2
elman train series.tsv --hidden 2 --cell lstm --peephole --no-bidirectional --epochs 1 --quiet -o peep
say --weights peep
say lstm -o /dev/full
say rnn --nonlinearity relu --weight 900 --steps 40
