namespace MeaiBudget;

/// <summary>The pages and the text of a PDF.</summary>
/// <param name="Pages">The pages of its page tree, at least those that can be seen otherwise if the tree cannot be read; zero if none can be seen.</param>
/// <param name="Characters">The characters that its pages show, without those in fonts' own codes of more than one byte.</param>
/// <param name="IsComplete">
/// True if everything was read. Otherwise parts are encrypted, damaged, compressed in an unknown way or too large, and there may be more pages.
/// </param>
internal readonly record struct PdfContents(long Pages, long Characters, bool IsComplete);
