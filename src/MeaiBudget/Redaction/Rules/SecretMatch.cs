namespace MeaiBudget;

/// <summary>Result of a rule at one position of the text.</summary>
internal enum SecretVerdict
{
    /// <summary>No secret of this rule begins here.</summary>
    None,

    /// <summary>More text is needed to decide.</summary>
    NeedsMore,

    /// <summary>A secret begins here.</summary>
    Found,
}

/// <summary>A secret that was found: its start, and its end or the run that finds the end.</summary>
internal readonly struct SecretMatch
{
    /// <summary>Creates a match that starts at <paramref name="start"/> and ends where the run, walked from <paramref name="from"/>, ends.</summary>
    public SecretMatch(int start, SecretRun run, int from)
    {
        Start = start;
        Run = run;
        From = from;
    }

    /// <summary>Creates a match with a known end.</summary>
    public SecretMatch(int start, int end)
    {
        Start = start;
        From = end;
    }

    public int Start { get; }

    /// <summary>The position from which <see cref="Run"/> is walked; without a run, the end.</summary>
    public int From { get; }

    public SecretRun? Run { get; }
}

/// <summary>The text that has arrived so far, and whether more can follow.</summary>
internal readonly ref struct SecretText(ReadOnlySpan<char> characters, bool isFinal, int floor = 0)
{
    public ReadOnlySpan<char> Characters { get; } = characters;

    public bool IsFinal { get; } = isFinal;

    /// <summary>The end of the last secret: what stands before it is replaced.</summary>
    public int Floor { get; } = floor;

    public int Length => Characters.Length;

    public char this[int index] => Characters[index];

    /// <summary>The result of a rule that reaches the end of the text.</summary>
    public SecretVerdict AtEnd => IsFinal ? SecretVerdict.None : SecretVerdict.NeedsMore;
}
