# what eval, predict and inspect may take changes nothing that they say
awk 'BEGIN { print "x,y"; for (t = 0; t < 3000; t++) printf "%.4f,%.4f\n", sin(0.1 * t), cos(0.1 * (t - 3)) }' >long.csv
elman train long.csv --task track --target y --window 1000 --epochs 1 --hidden 8 --seed 1 --quiet --output m.safetensors
for memory in 8GiB 300K 200kB; do
    elman eval m.safetensors long.csv --memory $memory >eval.$memory
    elman predict m.safetensors long.csv --memory $memory >predict.$memory
    elman inspect m.safetensors long.csv --memory $memory --json | grep -v '"seconds"' >inspect.$memory
    for command in eval predict inspect; do cmp $command.8GiB $command.$memory; done
done
echo all alike
elman eval m.safetensors long.csv --threads 1 --memory 1K || :
elman predict m.safetensors long.csv --memory 5X || :
elman train nosuch.csv --target-file y.npy || :
elman train nosuch --horizon 4 || :
