using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Reflection;

namespace MeaiBudget;

/// <summary>A vocabulary in a Microsoft.ML.Tokenizers data package: a compressed text with a line for the capacity and one Base64 line for each token.</summary>
/// <param name="Encoding">The name of the encoding.</param>
/// <param name="Package">The name of the package, which is that of its assembly.</param>
internal sealed record VocabularySource(string Encoding, string Package)
{
    /// <summary>The sources.</summary>
    internal static IReadOnlyList<VocabularySource> All { get; } =
    [
        new("o200k_base", "Microsoft.ML.Tokenizers.Data.O200kBase"),
        new("cl100k_base", "Microsoft.ML.Tokenizers.Data.Cl100kBase"),
    ];

    /// <summary>The name of the resource.</summary>
    internal string Resource { get; init; } = Encoding + ".tiktoken.deflate";

    /// <summary>Builds the tables of a vocabulary.</summary>
    /// <exception cref="InvalidOperationException">The package does not contain the expected resource.</exception>
    internal static BytePairVocabulary Build(string encoding) => All.Single(source => source.Encoding == encoding).Build();

    /// <summary>Builds the tables of the vocabulary.</summary>
    /// <exception cref="InvalidOperationException">The package does not contain the expected resource.</exception>
    internal BytePairVocabulary Build()
    {
        string source = $"The resource '{Resource}' of the package {Package}";
        try
        {
            using Stream compressed = Open() ?? throw new InvalidDataException($"{source} is missing.");
            using var stream = new DeflateStream(compressed, CompressionMode.Decompress);
            byte[] text = ReadAll(stream, (int)Math.Min(compressed.Length * 3, int.MaxValue / 2), out int length);
            ReadOnlySpan<byte> lines = text.AsSpan(0, length);
            int first = lines.IndexOf((byte)'\n');
            if (first < 0 || !lines.StartsWith("Capacity: "u8))
            {
                throw new InvalidDataException($"{source} does not start with a line that contains its capacity.");
            }

            var tokens = TokenList.Parse(lines[(first + 1)..], source);
            string capacity = System.Text.Encoding.UTF8.GetString(lines["Capacity: "u8.Length..first]).Trim();
            return int.TryParse(capacity, out int expected) && tokens.Count <= expected && tokens.Count >= expected - BytePairVocabulary.MostEmptyLines
                ? VocabularyBuilder.Build(tokens, source)
                : throw new InvalidDataException($"{source} contains {tokens.Count} tokens, but its first line states {capacity}.");
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or BadImageFormatException)
        {
            throw new InvalidOperationException(
                $"{exception.Message} MeaiBudget needs the vocabulary of version 2.0.1 of that package. Use that version, or register a counter created with BytePairCounter.FromFile.",
                exception);
        }
    }

    /// <summary>Opens the compressed text; null if the package has none.</summary>
    /// <exception cref="IOException">The assembly is missing.</exception>
    // The attributes keep the assemblies, because trimming and ahead-of-time compilation remove assemblies that are only loaded by name.
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Microsoft.ML.Tokenizers.O200kBaseTokenizerData", "Microsoft.ML.Tokenizers.Data.O200kBase")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.All, "Microsoft.ML.Tokenizers.Cl100kBaseTokenizerData", "Microsoft.ML.Tokenizers.Data.Cl100kBase")]
    internal Stream? Open() => Assembly.Load(Package).GetManifestResourceStream(Resource);

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
