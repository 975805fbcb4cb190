namespace MeaiBudget;

/// <summary>What a rule says about a place in the text.</summary>
internal enum SecretVerdict
{
    /// <summary>No secret of this rule begins here.</summary>
    None,

    /// <summary>The text that is there so far does not tell.</summary>
    NeedsMore,

    /// <summary>A secret begins here.</summary>
    Found,
}

/// <summary>A secret that was found: where it begins, and how it goes on.</summary>
internal readonly struct SecretMatch
{
    /// <summary>A secret from <paramref name="start"/>, which goes on from <paramref name="from"/> for as long as a run lasts.</summary>
    public SecretMatch(int start, SecretRun run, int from)
    {
        Start = start;
        Run = run;
        From = from;
    }

    /// <summary>A secret whose end is known.</summary>
    public SecretMatch(int start, int end)
    {
        Start = start;
        From = end;
    }

    public int Start { get; }

    /// <summary>Where <see cref="Run"/> goes on from; without a run, the end.</summary>
    public int From { get; }

    public SecretRun? Run { get; }
}

/// <summary>The text as far as it is there, and whether more may come.</summary>
internal readonly ref struct SecretText(ReadOnlySpan<char> characters, bool isFinal)
{
    public ReadOnlySpan<char> Characters { get; } = characters;

    public bool IsFinal { get; } = isFinal;

    public int Length => Characters.Length;

    public char this[int index] => Characters[index];

    /// <summary>The answer of a rule that ran into the end of the text.</summary>
    public SecretVerdict AtEnd => IsFinal ? SecretVerdict.None : SecretVerdict.NeedsMore;
}
