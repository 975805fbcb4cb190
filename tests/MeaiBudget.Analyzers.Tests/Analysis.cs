using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using MeaiBudget.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace MeaiBudget.Tests;

/// <summary>Runs the analyzers on source text, in which <c>{|ID:code|}</c> marks what must be reported.</summary>
internal static partial class Analysis
{
    /// <summary>What every source may use.</summary>
    public const string Usings = """
        global using System; global using System.Collections.Generic; global using System.ClientModel; global using System.ClientModel.Primitives;
        global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        global using Anthropic; global using Azure.AI.OpenAI; global using MeaiBudget; global using MeaiBudget.Testing; global using Microsoft.Extensions.AI;
        global using Microsoft.Extensions.Caching.Distributed; global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Logging;
        global using OllamaSharp; global using OpenAI; global using OpenAI.Responses;
        """;

    private static readonly ImmutableArray<MetadataReference> References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    private static readonly string[] Ambiguous = ["Microsoft.Agents", "Microsoft.SemanticKernel"];

    // A client of a library that nobody here has seen.
    private static readonly Lazy<MetadataReference> Vendor = new(static () =>
    {
        const string Source = """
            namespace Vendor;

            public sealed class VendorChatClient(string key) : Microsoft.Extensions.AI.IChatClient
            {
                public System.Threading.Tasks.Task<Microsoft.Extensions.AI.ChatResponse> GetResponseAsync(
                    System.Collections.Generic.IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, Microsoft.Extensions.AI.ChatOptions options = null,
                    System.Threading.CancellationToken cancellationToken = default) => throw new System.NotSupportedException(key);

                public System.Collections.Generic.IAsyncEnumerable<Microsoft.Extensions.AI.ChatResponseUpdate> GetStreamingResponseAsync(
                    System.Collections.Generic.IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, Microsoft.Extensions.AI.ChatOptions options = null,
                    System.Threading.CancellationToken cancellationToken = default) => throw new System.NotSupportedException(key);

                public object GetService(System.Type serviceType, object serviceKey = null) => null;

                public void Dispose()
                {
                }
            }

            public sealed class VendorSdk;

            public static class VendorSdkExtensions
            {
                public static Microsoft.Extensions.AI.IChatClient AsIChatClient(this VendorSdk sdk, string model) => new VendorChatClient(model);
            }
            """;
        using var assembly = new MemoryStream();
        Assert.Empty(CSharpCompilation.Create("Vendor", [CSharpSyntaxTree.ParseText(Source, Parsing)], References, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary))
            .Emit(assembly).Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error));
        return MetadataReference.CreateFromImage(assembly.ToArray());
    });

    private static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers = [new PipelineAnalyzer(), new TagAnalyzer()];

    /// <summary>The parse options of the sources.</summary>
    public static CSharpParseOptions Parsing { get; } = new(LanguageVersion.Preview);

    /// <summary>The references of the sources: those of the tests. Some packages have another type of the name ChatClientExtensions.</summary>
    public static IEnumerable<MetadataReference> ReferencesFor(string source) =>
        References.Append(Vendor.Value).Where(reference => Ambiguous.All(name => source.Contains(name, StringComparison.Ordinal) || Path.GetFileName(reference.Display)?.StartsWith(name, StringComparison.Ordinal) != true));

    // References are bound once, and reused by each compilation that only adds a source.
    private static readonly ConcurrentDictionary<(string Packages, bool IsProgram), CSharpCompilation> Empty = new();

    /// <summary>Checks that what is marked is reported, and nothing else.</summary>
    public static async Task VerifyAsync(string marked, string? editorConfig = null, string fileName = "Program.cs")
    {
        (string source, (string Id, TextSpan Span)[] expected) = Unmark(marked);
        ImmutableArray<Diagnostic> found = await FindAsync(source, editorConfig, fileName);
        Assert.Equal(
            expected.Select(one => $"{one.Id}: {source.Substring(one.Span.Start, one.Span.Length)}").Order(StringComparer.Ordinal),
            found.Select(one => $"{one.Id}: {source.Substring(one.Location.SourceSpan.Start, one.Location.SourceSpan.Length)}").Order(StringComparer.Ordinal));
    }

    /// <summary>Finds what the analyzers report of a source that compiles.</summary>
    public static async Task<ImmutableArray<Diagnostic>> FindAsync(string source, string? editorConfig = null, string fileName = "Program.cs", bool allowsErrors = false)
    {
        return await FindAsync(Compile(source, fileName), editorConfig, allowsErrors);
    }

    /// <summary>Finds what the analyzers report of a compilation.</summary>
    public static async Task<ImmutableArray<Diagnostic>> FindAsync(CSharpCompilation compilation, string? editorConfig = null, bool allowsErrors = false)
    {
        ImmutableArray<Diagnostic> found = await compilation
            .WithAnalyzers(Analyzers, new AnalyzerOptions([], new OptionsOfAllFiles(editorConfig)))
            .GetAllDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.Empty(found.Where(one => (one.Severity == DiagnosticSeverity.Error && !allowsErrors) || one.Id == "AD0001").Select(one => one.ToString()));
        return [.. found.Where(one => one.Id.StartsWith("MB", StringComparison.Ordinal)).OrderBy(one => one.Location.SourceSpan.Start)];
    }

    /// <summary>Makes the compilation of a source.</summary>
    public static CSharpCompilation Compile(string source, string fileName = "Program.cs")
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(source, Parsing, fileName, cancellationToken: TestContext.Current.CancellationToken);
        bool isProgram = tree.GetRoot(TestContext.Current.CancellationToken).ChildNodes().Any(node => node is Microsoft.CodeAnalysis.CSharp.Syntax.GlobalStatementSyntax);
        return Empty.GetOrAdd((string.Join(' ', Ambiguous.Where(name => source.Contains(name, StringComparison.Ordinal))), isProgram), _ => CreateEmpty(source, isProgram)).AddSyntaxTrees(tree);
    }

    /// <summary>Makes the compilation of a program that uses an SDK, and neither the library nor Microsoft.Extensions.AI.</summary>
    public static CSharpCompilation CompileWithoutTheLibrary(string source)
    {
        var compilation = CSharpCompilation.Create(
            "Apart",
            [CSharpSyntaxTree.ParseText(source, Parsing, "Program.cs", cancellationToken: TestContext.Current.CancellationToken)],
            References.Where(reference => Path.GetFileName(reference.Display) is { } name && !name.StartsWith("MeaiBudget", StringComparison.Ordinal) && !name.StartsWith("Microsoft.Extensions.AI", StringComparison.Ordinal)),
            Options(isProgram: true));
        CSharpGeneratorDriver.Create([new RequireBudgetGenerator().AsSourceGenerator()], parseOptions: Parsing)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation generated, out _, TestContext.Current.CancellationToken);
        return (CSharpCompilation)generated;
    }

    private static CSharpCompilation CreateEmpty(string source, bool isProgram)
    {
        var compilation = CSharpCompilation.Create(
            "Analyzed", [CSharpSyntaxTree.ParseText(Usings, Parsing, "Usings.cs", cancellationToken: TestContext.Current.CancellationToken)], ReferencesFor(source), Options(isProgram));
        CSharpGeneratorDriver.Create([new RequireBudgetGenerator().AsSourceGenerator()], parseOptions: Parsing)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation generated, out _, TestContext.Current.CancellationToken);
        return (CSharpCompilation)generated;
    }

    /// <summary>The options of a compilation in which experimental types of MEAI and OpenAI may be used.</summary>
    public static CSharpCompilationOptions Options(bool isProgram) => new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)
        .WithSpecificDiagnosticOptions(["MEAI001", "OPENAI001", "CS8632"], ReportDiagnostic.Suppress);

    /// <summary>Takes the marks out of a source.</summary>
    public static (string Source, (string Id, TextSpan Span)[] Expected) Unmark(string marked)
    {
        var expected = new List<(string, TextSpan)>();
        var open = new Stack<(string Id, int Start)>();
        var source = new System.Text.StringBuilder();
        int at = 0;
        foreach (Match mark in Mark().Matches(marked))
        {
            source.Append(marked, at, mark.Index - at);
            at = mark.Index + mark.Length;
            if (mark.Value == "|}")
            {
                (string id, int start) = open.Pop();
                expected.Add((id, TextSpan.FromBounds(start, source.Length)));
            }
            else
            {
                open.Push((mark.Groups[1].Value, source.Length));
            }
        }

        Assert.Empty(open);
        return (source.Append(marked, at, marked.Length - at).ToString(), [.. expected]);
    }

    [GeneratedRegex(@"\{\|(MB\d{4}):|\|\}")]
    private static partial Regex Mark();

    private static CSharpCompilationOptions WithSpecificDiagnosticOptions(this CSharpCompilationOptions options, string[] ids, ReportDiagnostic report) =>
        options.WithSpecificDiagnosticOptions(ids.ToDictionary(id => id, _ => report));

    /// <summary>Lines of an .editorconfig that hold for all files.</summary>
    private sealed class OptionsOfAllFiles(string? lines) : AnalyzerConfigOptionsProvider
    {
        private readonly Lines _lines = new(lines);

        public override AnalyzerConfigOptions GlobalOptions => _lines;

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => _lines;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => _lines;

        private sealed class Lines(string? lines) : AnalyzerConfigOptions
        {
            private readonly Dictionary<string, string> _values = (lines ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries)).ToDictionary(parts => parts[0], parts => parts[1], KeyComparer);

            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) => _values.TryGetValue(key, out value);
        }
    }
}
