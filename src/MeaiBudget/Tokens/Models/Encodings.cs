using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace MeaiBudget;

/// <summary>OpenAI's encodings whose vocabularies are in the Microsoft.ML.Tokenizers data packages. Each is loaded at its first use.</summary>
internal static class Encodings
{
    private static readonly Lazy<BytePairVocabulary> O200k = new(() => Load("Microsoft.ML.Tokenizers.Data.O200kBase", "o200k_base.tiktoken.deflate", Placement("o200k_base")));
    private static readonly Lazy<BytePairVocabulary> Cl100k = new(() => Load("Microsoft.ML.Tokenizers.Data.Cl100kBase", "cl100k_base.tiktoken.deflate", Placement("cl100k_base")));
    private static readonly Lazy<BytePairCounter> O200kCounter = new(() => new BytePairCounter("o200k_base", O200k.Value, SplitPattern.O200k));
    private static readonly Lazy<BytePairCounter> Cl100kCounter = new(() => new BytePairCounter("cl100k_base", Cl100k.Value, SplitPattern.Cl100k));

    /// <summary>True if every vocabulary was read.</summary>
    internal static bool AreLoaded => IsO200kLoaded && Cl100k.IsValueCreated;

    /// <summary>True if the vocabulary of o200k_base was read.</summary>
    internal static bool IsO200kLoaded => O200k.IsValueCreated;

    /// <summary>The counter of o200k_base.</summary>
    internal static BytePairCounter O200kBase => O200kCounter.Value;

    /// <summary>The counter of cl100k_base.</summary>
    internal static BytePairCounter Cl100kBase => Cl100kCounter.Value;

    /// <summary>Reads the vocabulary embedded in a data package: compressed, with a line for the capacity and one Base64 line for each token.</summary>
    /// <exception cref="InvalidOperationException">The package does not contain the expected resource.</exception>
    // The attribute keeps the assembly, because trimming and ahead-of-time compilation remove assemblies that are only loaded by name.
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Microsoft.ML.Tokenizers.O200kBaseTokenizerData", "Microsoft.ML.Tokenizers.Data.O200kBase")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Microsoft.ML.Tokenizers.Cl100kBaseTokenizerData", "Microsoft.ML.Tokenizers.Data.Cl100kBase")]
    internal static BytePairVocabulary Load(string assembly, string resource, ReadOnlySpan<byte> placement = default)
    {
        string source = $"The resource '{resource}' of the package {assembly}";
        try
        {
            var data = Assembly.Load(assembly);
            Stream compressed = data.GetManifestResourceStream(resource) ?? throw new InvalidDataException($"{source} is missing.");
            if (!placement.IsEmpty)
            {
                using var inflated = new InflatedLines(compressed, inParallel: true);
                if (BytePairVocabulary.TryLoad(inflated, placement, out BytePairVocabulary? placed))
                {
                    return placed;
                }

                // The package has another vocabulary than this library was built with, or none. Reading it anew tells which.
                compressed = data.GetManifestResourceStream(resource)!;
            }

            using var stream = new DeflateStream(compressed, CompressionMode.Decompress);
            byte[] text = ReadAll(stream, (int)Math.Min(compressed.Length * 3, int.MaxValue / 2), out int length);
            ReadOnlySpan<byte> lines = text.AsSpan(0, length);
            int first = lines.IndexOf((byte)'\n');
            if (first < 0 || !lines.StartsWith("Capacity: "u8))
            {
                throw new InvalidDataException($"{source} does not start with a line that contains its capacity.");
            }

            var tokens = TokenList.Parse(lines[(first + 1)..], source);
            string capacity = Encoding.UTF8.GetString(lines["Capacity: "u8.Length..first]).Trim();
            return int.TryParse(capacity, out int expected) && tokens.Count <= expected && tokens.Count >= expected - BytePairVocabulary.MostEmptyLines
                ? new BytePairVocabulary(tokens, source)
                : throw new InvalidDataException($"{source} contains {tokens.Count} tokens, but its first line states {capacity}.");
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or BadImageFormatException)
        {
            throw new InvalidOperationException(
                $"{exception.Message} MeaiBudget needs the vocabulary of version 2.0.1 of that package. Use that version, or register a counter created with BytePairCounter.FromFile.",
                exception);
        }
    }

    /// <summary>Works out the placement of a vocabulary of a data package, for the file that <see cref="Placement"/> reads.</summary>
    internal static byte[] FindPlacement(string encoding) => (encoding == "o200k_base"
        ? Load("Microsoft.ML.Tokenizers.Data.O200kBase", "o200k_base.tiktoken.deflate")
        : Load("Microsoft.ML.Tokenizers.Data.Cl100kBase", "cl100k_base.tiktoken.deflate")).ToPlacement();

    /// <summary>Returns where the tokens of a vocabulary lie in its table, which takes long to search; empty if that is not known.</summary>
    internal static byte[] Placement(string encoding)
    {
        using Stream? stream = typeof(Encodings).Assembly.GetManifestResourceStream(encoding + ".placement");
        byte[] placement = new byte[stream?.Length ?? 0];
        stream?.ReadExactly(placement);
        return placement;
    }

    private static byte[] ReadAll(Stream stream, int sizeHint, out int length)
    {
        byte[] bytes = new byte[sizeHint];
        length = 0;
        while (true)
        {
            int read = stream.Read(bytes, length, bytes.Length - length);
            if (read == 0)
            {
                return bytes;
            }

            length += read;
            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, bytes.Length * 2);
            }
        }
    }
}
