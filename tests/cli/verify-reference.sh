# a model of any format against reference outputs
. "$CASES/data.sh"
cp "$CASES/../golden/state/"* .
same() { sed 's/ [0-9.e-]* of 1/ N of 1/; s/"\(whole\|stream\)":[0-9.e-]*/"\1":N/g'; }
elman verify language.pt --reference language_x.npy language_y.npy | same
elman verify lstm.safetensors --reference=lstm_x.npy lstm_y.npy --json | same
# a bidirectional one cannot stream
elman verify bidirectional_proj.pt -r bidirectional_proj_x.npy \
    bidirectional_proj_y.npy | grep -A 1 'whole' | same

# tanh where it was trained with relu
elman verify rnn_relu.pt --reference rnn_relu_x.npy rnn_relu_y.npy >page
echo $?
sed 's/  *[0-9][0-9.e+]* of 1/ N of 1/' page
elman verify --reference lstm_x.npy lstm_y.npy
echo $?
elman verify lstm.pt --reference lstm_x.npy
elman verify lstm.pt --reference lstm_x.npy lstm_y.npy --cases 3
elman verify lstm.pt --reference language_x.npy lstm_y.npy
elman verify lstm.pt --reference lstm_x.npy language_y.npy
elman verify lstm.pt --reference missing.npy lstm_y.npy
elman verify views_x.npy --reference lstm_x.npy lstm_y.npy
echo $?
# a model of another program checks the build as one of ours does
elman verify lstm.pt --cases 1 --quiet | tail -1
# sequences that end before others do: what is behind is not compared
elman convert lstm.pt lstm.safetensors >/dev/null
ints lengths.npy '(3,)' 6 2 4
elman verify lstm.safetensors --reference lstm_x.npy lstm_y.npy \
    --lengths lengths.npy | tail -n 1
elman convert lstm.safetensors lengths.safetensors --quiet \
    --reference lstm_x.npy lstm_y.npy --lengths lengths.npy &&
    elman info lengths.safetensors | grep -c '^proof'
elman verify lstm.safetensors --lengths lengths.npy
