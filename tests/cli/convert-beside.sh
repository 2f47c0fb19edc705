# what stands beside a cell and is part of what it computes is never said to be
# harmless
show() { elman convert "$1" out.safetensors 2>&1 | sed -n 's/^elman: //p; /^  elman/p'; }
cell='"rnn.weight_ih_l0": [[0.1], [0.2], [0.3], [0.4]],
      "rnn.weight_hh_l0": [[1], [2], [3], [4]]'
echo "{$cell, \"rnn.bias_l0\": [1, 2, 3, 4]}" >one_bias.json
show one_bias.json
echo "{$cell, \"rnn.weight_ch\": [1, 2, 3]}" >peephole.json
show peephole.json
echo "{$cell, \"rnn.gain\": [1]}" >other.json
show other.json

# all weights in a row, cut as the sentence says
awk 'BEGIN {printf "{\"rnn.flat_weights\": [0"
     for (i = 1; i < 40; i++) printf ", %g", i / 64
     print "], \"fc.weight\": [[5, 6]], \"fc.bias\": [7]}"}' >flat.json
show flat.json
flat='{"from": "rnn.flat_weights", "range"'
echo "{\"config\": {\"input_size\": 1, \"layers\": [
        {\"kind\": \"lstm\", \"hidden_size\": 2},
        {\"kind\": \"linear\", \"output_size\": 1}]}, \"tensors\": {
      \"rnn.weight_ih_l0\": $flat: [0,8], \"shape\": [8,1]},
      \"rnn.weight_hh_l0\": $flat: [8,24], \"shape\": [8,2]},
      \"rnn.bias_ih_l0\": $flat: [24,32]}, \"rnn.bias_hh_l0\": $flat: [32,40]},
      \"fc.weight\": \"fc.weight\", \"fc.bias\": \"fc.bias\"}}" >map.json
elman convert flat.json out.safetensors --mapping map.json --quiet 2>&1

# what training keeps is no part of it
echo "{$cell, \"beta1_power\": [0.9], \"rnn/kernel/Adam_1\": [[1, 2]]}" >adam.json
show adam.json
eval "$(show adam.json | grep '^  elman')" 2>&1 | tail -n 2

# networks beside each other are no chain, each is one alone
net() {
    echo "\"$1.rnn.weight_ih_l0\": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]],
          \"$1.rnn.weight_hh_l0\": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
          \"$1.fc.weight\": [[1, 2, 3], [4, 5, 6]], \"$1.fc.bias\": [1, 2]"
}
echo "{$(net netG), $(net netD)}" >gan.json
show gan.json
echo "{$(net first), $(net second)}" >nets.json
show nets.json

# what is added to a weight, stands inside a cell, or is drawn at random
echo "{$cell, \"fc.base_layer.weight\": [[1]], \"fc.lora_A.default.weight\": [[1]],
       \"fc.lora_B.default.weight\": [[1]]}" >adapter.json
show adapter.json
echo "{\"cell.weight_ih\": [[0.1], [0.2], [0.3], [0.4]],
       \"cell.weight_hh\": [[1], [2], [3], [4]],
       \"cell.norm.weight\": [1, 2, 3, 4], \"cell.norm.bias\": [1, 2, 3, 4]}" >norm.json
show norm.json
echo "{$(net vae), \"vae.mean.weight\": [[1, 2, 3]], \"vae.mean.bias\": [1],
       \"vae.logvar.weight\": [[1, 2, 3]], \"vae.logvar.bias\": [1],
       \"vae.latent.weight\": [[1], [2]], \"vae.latent.bias\": [1, 2]}" >vae.json
show vae.json

# two directions below names of their own are the same as one module's
way() {
    echo "\"$1_rnn.weight_ih_l0\": [[$2], [0.2]], \"$1_rnn.weight_hh_l0\": [[1, 2], [3, $2]],
          \"$1_rnn.bias_ih_l0\": [1, 2], \"$1_rnn.bias_hh_l0\": [3, 4]"
}
head='"fc.weight": [[1, 2, 3, 4]], "fc.bias": [7]'
echo "{$(way backward 0.5), $(way forward 0.7), $head}" >ways.json
show ways.json
eval "$(show ways.json | grep '^  elman' | head -n 1) --quiet" 2>/dev/null
echo "{$(way forward 0.7), $(way forward 0.5), $head}" | tr -d '\n' |
    sed 's/_l0"/_l0_reverse"/5; s/_l0"/_l0_reverse"/5
         s/_l0"/_l0_reverse"/5; s/_l0"/_l0_reverse"/5' >one.json
elman convert one.json one.safetensors --quiet 2>/dev/null
cmp out.safetensors one.safetensors && echo same
elman convert ways.json out.safetensors --layers 'bidirectional(backward_rnn,fc)' 2>&1 |
    sed 's/; give.*//'

# one number between two layers is a PReLU's slope
echo "{$(way forward 0.7), \"a.weight\": [[1, 2], [3, 4]], \"a.bias\": [1, 2],
       \"act.weight\": [0.25], \"b.weight\": [[1, 2]], \"b.bias\": [7]}" >slope.json
show slope.json
eval "$(show slope.json | grep '^  elman' | head -n 1) --quiet" 2>/dev/null &&
    echo converts

# nor is it said that a square layer of its own name does not read its own state
echo '{"a.weight": [[1], [2]], "a.bias": [1, 2], "b.weight": [[1, 2], [3, 4]],
       "b.bias": [1, 2], "fc.weight": [[1, 2]], "fc.bias": [3]}' >square.json
elman convert square.json out.safetensors 2>&1 | cat

# attention of a decoder, whose cell has its state read by h2h
echo "{$cell, \"i2h.weight\": [[1]], \"h2h.weight\": [[2]], \"h2h.bias\": [3],
       \"score.weight\": [[4]]}" >decoder.json
show decoder.json | head -n 1
