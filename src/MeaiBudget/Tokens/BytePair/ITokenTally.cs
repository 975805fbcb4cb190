using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Receives the token count of each piece.</summary>
internal interface ITokenTally
{
    /// <summary>True if pieces must be added one by one; false if a run of pieces may be added at once.</summary>
    static abstract bool ByPiece { get; }

    /// <summary>Adds a piece.</summary>
    void Add(ref byte piece, int length, int tokens, bool isAscii);
}

/// <summary>A tally of the number of tokens only.</summary>
internal struct TokenTally : ITokenTally
{
    private long _tokens;

    public static bool ByPiece => false;

    /// <summary>The number of tokens, at most <see cref="int.MaxValue"/>.</summary>
    internal readonly int Tokens => (int)Math.Min(int.MaxValue, _tokens);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ref byte piece, int length, int tokens, bool isAscii) => _tokens += tokens;
}
