using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Takes the tokens of each piece as it is counted.</summary>
internal interface ITokenTally
{
    /// <summary>Gets a value indicating whether pieces are added one by one; else a run of them may be added at once.</summary>
    static abstract bool ByPiece { get; }

    /// <summary>Adds a piece.</summary>
    void Add(ref byte piece, int length, int tokens, bool isAscii);
}

/// <summary>The number of tokens, and nothing else.</summary>
internal struct TokenTally : ITokenTally
{
    private long _tokens;

    public static bool ByPiece => false;

    /// <summary>Gets the tokens, at most <see cref="int.MaxValue"/>.</summary>
    internal readonly int Tokens => (int)Math.Min(int.MaxValue, _tokens);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ref byte piece, int length, int tokens, bool isAscii) => _tokens += tokens;
}
