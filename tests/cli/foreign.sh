# what converts a file by options runs it by the same ones
. "$CASES/data.sh"
golden=$CASES/../golden
cp "$golden/state/final"[._]* "$golden/state/rnn_relu"[._]* .
cp "$golden/torch/several.pt" .
order='--layers gru,final,head,log_softmax'
elman convert final.pt final.safetensors --quiet $order
same() { cmp $1 $2 && echo the same; }

# an order of layers, which the file asks for, and of axes
elman predict final.pt final_x.npy -o y.npy
elman predict final.pt final_x.npy -o y.npy $order --batch-first --steps-first
elman predict final.pt final_x.npy -o y.npy --steps-first $order
elman predict final.safetensors final_x.npy -o own.npy && same y.npy own.npy
elman eval final.pt final_x.npy final_y.npy --steps-first $order --loss mse |
    sed -n 1p
elman inspect final.pt final_x.npy --only flow --steps-first $order |
    sed -n '1,2p'
elman info final.pt $order | grep -E '^(layers|converts)'
elman verify final.pt --reference final_x.npy final_y.npy --steps-first $order |
    tail -n 1
elman explain --weights final.pt --steps-first $order --steps 1 | head -n 1

# a function of a layer, and of a file of several the one to take
elman verify rnn_relu.pt --reference rnn_relu_x.npy rnn_relu_y.npy | tail -n 1
elman verify rnn_relu.pt --reference rnn_relu_x.npy rnn_relu_y.npy \
    --nonlinearity relu | tail -n 1
elman sample several.pt
elman sample final.pt

# training begins there as well, and has its own options of these names
ints x.npy '(8,3,3)' $(awk 'BEGIN { for (n = 0; n < 72; n++) print n * 7 % 11 }')
ints y.npy '(8,)' 0 1 2 0 1 2 0 1
begin() { elman train x.npy --target-file y.npy --task classify --epochs 1 \
    "$@" 2>&1 | grep -E '^(elman|begun|final.pt|model)'; }
begin --init-from final.pt
begin --init-from final.pt --init-layers gru,final,head,log_softmax
begin --batch-first
begin --init-layers gru

# what does not apply is a mistake
elman predict final.safetensors final_x.npy --layers gru
elman predict final.pt final_x.npy --from-tensor x
