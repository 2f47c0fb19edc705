# a loss that is not a number stops the run, and says where it was found
. "$CASES/data.sh"
make_series 40
elman train series.tsv --cell rnn --nonlinearity relu --hidden 8 --quiet \
    --optimizer sgd --lr 1e30 --clip-norm none --checkpoint-every 1 2>err
echo $?
wc -l <err
grep -o '^elman: .*epoch' err | head -c 7
echo
ls
