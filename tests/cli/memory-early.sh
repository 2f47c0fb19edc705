# a budget that is too small for the network is refused before a large file is
# read, by what the options say
truncate -s 20G big.txt 2>/dev/null || exit 77
begun=$(date +%s)
for options in '--hidden 512 --memory 1M' '--hidden 64,64 --cell gru --memory 4k' \
    '--hidden 512 --cell lstm --layers 3 --memory 8M --plan'; do
    elman train big.txt --unit bytes $options -o m || echo $?
done
[ $(($(date +%s) - begun)) -le 5 ] || echo 'it took more than five seconds'
ls

# what is small is read, and then the number that is enough is told
printf 'some letters and others %.0s' 1 2 3 4 5 6 7 8 9 >small.txt
elman train small.txt --hidden 64 --memory 4k -o m 2>&1 | grep -c 'at least'
