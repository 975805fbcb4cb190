namespace MeaiBudget;

/// <summary>A split pattern at compile time, so that each gets code of its own.</summary>
internal interface ISplitPattern
{
    /// <summary>Gets a value indicating whether <see cref="PieceBlock"/> knows the pattern.</summary>
    static abstract bool HasBlocks { get; }

    /// <summary>Gets a value indicating whether a word ends where an upper case letter follows a lower case one.</summary>
    static abstract bool SplitsCase { get; }

    /// <summary>Gets a value indicating whether a contraction is a piece of its own.</summary>
    static abstract bool SplitsContractions { get; }

    /// <summary>Gets a value indicating whether slashes that follow symbols and line ends belong to their piece.</summary>
    static abstract bool AbsorbsSlashes { get; }

    /// <summary>Gives the end of the piece that starts at <paramref name="start"/>.</summary>
    static abstract int EndOfPiece(ref PieceScanner scanner, int start);
}

/// <summary><see cref="SplitPattern.O200k"/>.</summary>
internal readonly struct O200kPattern : ISplitPattern
{
    public static bool HasBlocks => true;

    public static bool SplitsCase => true;

    public static bool SplitsContractions => false;

    public static bool AbsorbsSlashes => true;

    public static int EndOfPiece(ref PieceScanner scanner, int start) => scanner.EndOfO200k(start);
}

/// <summary><see cref="SplitPattern.Cl100k"/>.</summary>
internal readonly struct Cl100kPattern : ISplitPattern
{
    public static bool HasBlocks => true;

    public static bool SplitsCase => false;

    public static bool SplitsContractions => true;

    public static bool AbsorbsSlashes => false;

    public static int EndOfPiece(ref PieceScanner scanner, int start) => scanner.EndOfCl100k(start);
}

/// <summary><see cref="SplitPattern.Gpt2"/>.</summary>
internal readonly struct Gpt2Pattern : ISplitPattern
{
    public static bool HasBlocks => false;

    public static bool SplitsCase => false;

    public static bool SplitsContractions => true;

    public static bool AbsorbsSlashes => false;

    public static int EndOfPiece(ref PieceScanner scanner, int start) => scanner.EndOfGpt2(start);
}
