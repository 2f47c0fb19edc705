# what a file is, whether a model can be made of it or not
state=$CASES/../golden/state
onnx=$CASES/../golden/onnx
info() { elman info "$@" | sed '1s/, [0-9].*B,/, SIZE,/; 1s/, [0-9].*bytes,/, SIZE,/'; }
cp "$state/two_states.pt" "$state/final.pt" "$state/final_x.npy" .
cp "$onnx/dynamo_language/model.onnx" graph.onnx
info graph.onnx | sed 's/pytorch .*/pytorch VERSION/'
info final_x.npy
info two_states.pt
cp "$state/whole_module.pt" "$CASES/../golden/torch/inside.tar" .
info whole_module.pt
info inside.tar
elman info two_states.pt --json | grep -o "\"commands\":[^]]*]"
elman convert whole_module.pt --mapping-draft draft.json
info final.pt | sed 's/^\(converts  no\).*/\1/'
elman info final.pt --json | sed 's/"bytes":[0-9]*/"bytes":N/; s/"why":"[^"]*/"why":"/'

# names are whole in a pipe, and with --wide wherever it is
long=an_encoder_whose_name_says_all_that_it_is.that_anyone_might_want_to_know
cp final_x.npy $long.npy
elman info $long.npy | grep -c "^$long "
COLUMNS=60 elman info $long.npy | grep -c "^$long "
COLUMNS=60 elman info $long.npy --wide | grep -c "^$long "

# what is no file of a model
echo text >notes.txt
elman info notes.txt
printf '\211PNG\r\n\032\n' >picture.png
elman info picture.png
