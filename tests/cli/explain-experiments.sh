# the experiments give the numbers of the examples
examples=$CASES/../../examples
rows() { # the numbers of each line, none else
    sed 's/window[ :a-z]*//; s/[^0-9.e+ -]/ /g' | awk '
        { line = ""
          for (k = 1; k <= NF; k++) if ($k ~ /^-?[0-9]+([.][0-9]+)?(e[+-][0-9]+)?$/) line = line " " $k
          print line }'
}
agree() { # experiment, example, first and last line of its table, its columns
    elman explain --experiment "$1" | rows | cut -d' ' -f1-$(($5 + 1)) | sort >got
    sed -n "$3,$4p" "$examples/$2.out" | rows | sort >want
    printf '%s: %d of %d rows\n' "$1" $(comm -12 want got | wc -l) $(wc -l <want)
}
agree exploding exploding 2 6 3
agree vanishing vanishing 2 21 4
agree truncated truncated 2 21 3
agree lstm lstm_remedy 2 21 5
elman explain --experiment backward | awk '$1 ~ /^[0-9]+$/ { print $2, $3, $4, $5 }' >got
sed -nE 's/^library t=. +dh ([0-9.]+) +da ([0-9.]+) +dw_hh \+= +([0-9.-]+) +dw_ih \+= +([0-9.-]+)/\1 \2 \3 \4/p' \
    $examples/backward_by_hand.out | cmp - got && echo backward
elman explain --experiment shapes | sed -n 's/^  *\([a-z].*(.*)\) .*/\1/p' | tr -s ' ' |
    sed 's/ *$//' | sort -u >got
sed -n 's/^  //p' $examples/shapes.out | tr -s ' ' | sed 's/ *$//' | sort -u | comm -23 - got
# the weights of a network are those of its matrices and biases
elman explain --experiment shapes | awk '
    /^[nb].*[0-9]$/ { if (name) print name, total == sum; name = $1; total = $NF; sum = 0 }
    /^  (rnn|fc)[.]/ { sum += $NF }
    END { print name, total == sum }'
# along c alone the factor is f, and that is not all of the gradient at c
elman explain --experiment lstm | awk '$1 ~ /^[0-9]+$/ && NF > 5 {
        if (f && ($6 - before * f) ^ 2 > 1e-8) bad++
        if (f && $6 >= $4) bad++
        f = $2; before = $6 }
    END { print "c alone:", bad + 0, "off" }'
# of what a window cuts off, the shorter keeps less
for window in 20 5 2 1; do
    elman explain -e truncated --window $window --json | grep -o 'whole), carried[^"]*'
done

# and what they say, of the usual numbers and of others
for name in exploding vanishing lstm truncated backward; do
    echo
    elman explain --experiment $name | sed -n '/^$/,$p' | sed -n '/^[A-Zd]/p'
done
echo
elman explain --experiment vanishing --weight 1.1 --steps 4
elman explain --experiment vanishing --weight 1.1 --steps 40 | sed -n '/^Of the/,/^The grad/p'
elman explain --experiment vanishing --steps 1 | grep -c nothing
for weight in 0 30; do # where there is no gradient
    elman explain --experiment vanishing --weight $weight | grep -c 'The sums'
    elman explain --experiment truncated --weight $weight | grep -E 'nan|next to'
    elman explain --experiment lstm --weight $weight | grep -E 'nan|nothing'
done
echo
elman explain -e exploding --weight 1 --steps 3
echo
elman explain -e exploding --weight -2 --steps 3 | sed -n '/^With/,/all/p'
elman explain -e exploding --weight 900 --steps 40 | grep -A1 'no longer'
elman explain -e truncated --window 9 --steps 4 | grep -c '^ *[0-9]'
elman explain -e shapes --hidden 5 --batch 2 | sed -n 1,5p
elman explain -e classifier
elman explain -e classifier --cell lstm --steps 5 --updates 53 --hidden 4 | head -10
for name in exploding vanishing truncated lstm shapes classifier backward; do
    elman explain --experiment $name --json | grep -oE '^.experiment":"[a-z]*"|"pytorch":..'
done
