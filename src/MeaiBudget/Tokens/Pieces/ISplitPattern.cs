namespace MeaiBudget;

/// <summary>A split pattern as a type parameter, so that the compiler generates separate code for each.</summary>
internal interface ISplitPattern
{
    /// <summary>True if <see cref="PieceBlock"/> supports the pattern.</summary>
    static abstract bool HasBlocks { get; }

    /// <summary>True if a word ends where an upper-case letter follows a lower-case letter.</summary>
    static abstract bool SplitsCase { get; }

    /// <summary>True if a contraction is a separate piece.</summary>
    static abstract bool SplitsContractions { get; }

    /// <summary>True if slashes that follow symbols and line ends belong to their piece.</summary>
    static abstract bool AbsorbsSlashes { get; }

    /// <summary>Returns the end of the piece that starts at <paramref name="start"/>.</summary>
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
