using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts the pages of a PDF in its page tree (ISO 32000-1, chapter 7.7.3). Stateless and thread-safe.</summary>
/// <remarks>
/// A damaged file may have no tree that can be read. Then the page objects, the highest count in a node of the tree and the number in the
/// header of a linearized file tell the pages.
/// </remarks>
internal static class PdfPages
{
    // More pages than any provider accepts, so a larger number is not a page count.
    private const int MostPages = 100_000;

    private static readonly ConditionalWeakTable<DataContent, StrongBox<PdfContents>> Known = [];

    /// <summary>Reads a file, once for each content.</summary>
    public static PdfContents Of(DataContent content) =>
        Known.GetValue(content, static file => new StrongBox<PdfContents>(Read(file.Data))).Value;

    /// <summary>Reads a file. Never throws, whatever the file contains.</summary>
    public static PdfContents Read(ReadOnlyMemory<byte> file)
    {
        var objects = PdfObjects.Read(file);
        var tree = new Tree(objects);
        long pages = tree.Count(PdfSyntax.ReferenceOf(PdfSyntax.Find(Catalog(objects), "Pages"u8)), depth: 0);
        bool isComplete = tree.IsWhole && objects.IsComplete && pages > 0;
        pages = isComplete ? pages : Math.Max(pages, CountWithoutTree(objects));
        return new PdfContents(Math.Min(pages, MostPages), objects.Characters, isComplete);
    }

    private static ReadOnlySpan<byte> Catalog(PdfObjects objects)
    {
        ReadOnlySpan<byte> catalog = objects[objects.Catalog];
        if (!PdfSyntax.Find(catalog, "Pages"u8).IsEmpty)
        {
            return catalog;
        }

        foreach (ReadOnlyMemory<byte> value in objects.Values)
        {
            catalog = PdfSyntax.IsName(PdfSyntax.Find(value.Span, "Type"u8), "Catalog"u8) ? value.Span : catalog;
        }

        return catalog;
    }

    private static long CountWithoutTree(PdfObjects objects)
    {
        long pages = 0;
        long tree = 0;
        foreach (ReadOnlyMemory<byte> value in objects.Values)
        {
            ReadOnlySpan<byte> type = PdfSyntax.Find(value.Span, "Type"u8);
            pages += PdfSyntax.IsName(type, "Page"u8) ? 1 : 0;
            ReadOnlySpan<byte> key = PdfSyntax.IsName(type, "Pages"u8) ? "Count"u8 : PdfSyntax.Find(value.Span, "Linearized"u8).IsEmpty ? default : "N"u8;
            int count = key.IsEmpty ? 0 : objects.Number(value.Span, key);
            tree = count <= MostPages ? Math.Max(tree, count) : tree;
        }

        return Math.Max(pages, tree);
    }

    /// <summary>Counts the leaves of a page tree. A node that several nodes refer to counts for each of them, as viewers show it.</summary>
    private sealed class Tree(PdfObjects objects)
    {
        private const int MostDepth = 128;
        private const int MostVisits = 1_000_000;

        // Marks a node whose pages are being counted: it has none if it contains itself.
        private const long Open = 0;

        private readonly Dictionary<int, long> _counted = [];
        private int _visits;

        /// <summary>False if a node is missing or not as the format requires, or if the tree is too large.</summary>
        public bool IsWhole { get; private set; } = true;

        public long Count(int number, int depth)
        {
            if (_counted.TryGetValue(number, out long known))
            {
                return known;
            }

            ReadOnlySpan<byte> node = objects[number];
            if (!node.StartsWith("<<"u8) || depth > MostDepth)
            {
                IsWhole = false;
                return 0;
            }

            _counted[number] = Open;
            ReadOnlySpan<byte> kids = objects.Find(node, "Kids"u8);
            long pages = kids.Length > 0 && kids[0] == (byte)'[' ? CountKids(kids, depth) : PdfSyntax.IsName(objects.Find(node, "Type"u8), "Pages"u8) ? 0 : 1;
            _counted[number] = pages;
            return pages;
        }

        private long CountKids(ReadOnlySpan<byte> kids, int depth)
        {
            long pages = 0;
            int position = PdfSyntax.SkipSpace(kids, 1);
            while (position < kids.Length && kids[position] != (byte)']')
            {
                int end = PdfSyntax.SkipReference(kids, position);
                if (end < 0 || ++_visits > MostVisits)
                {
                    IsWhole = false;
                    break;
                }

                pages = Math.Min(MostPages, pages + Count(PdfSyntax.ReferenceOf(kids[position..end]), depth + 1));
                position = PdfSyntax.SkipSpace(kids, end);
            }

            return pages;
        }
    }
}
