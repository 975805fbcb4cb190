using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;

namespace MeaiBudget.Tests;

/// <summary>Compiles the C# snippets of a page. A remark above the fence sets the kind of snippet; CONTRIBUTING.md has the rules.</summary>
/// <remarks>
/// <list type="bullet">
/// <item>no remark: statements, compiled into an asynchronous method of a class derived from <see cref="SnippetPrelude"/>, and run;</item>
/// <item>text that begins with a dot: layers, put behind <c>new ChatClientBuilder(openAi)</c>;</item>
/// <item><c>snippet: compiled, REASON</c>: statements that are not run;</item>
/// <item><c>snippet: members</c>: members of that class;</item>
/// <item><c>snippet: program</c>: a whole Program.cs of a web app, with nothing but the SDK's implicit usings.</item>
/// </list>
/// </remarks>
internal static partial class SnippetCompiler
{
    /// <summary>The usings that a page need not repeat in every snippet.</summary>
    private const string PreludeUsings = """
        global using System.ClientModel; global using System.ClientModel.Primitives; global using System.Globalization; global using System.Text.Json;
        global using Anthropic; global using MeaiBudget; global using MeaiBudget.Testing; global using Microsoft.Extensions.AI;
        global using Microsoft.Extensions.Time.Testing; global using Microsoft.ML.Tokenizers; global using OpenAI; global using OpenTelemetry.Metrics;
        global using OpenTelemetry.Trace; global using Xunit;
        """;

    /// <summary>Compiles, and fails with file and line of each error.</summary>
    public static Assembly Compile(Fence fence)
    {
        bool isProgram = fence.Has("snippet: program");
        string source = isProgram ? Numbered(fence, fence.Text) : Wrapped(fence);
        var parsing = new CSharpParseOptions(LanguageVersion.Preview);
        var compilation = CSharpCompilation.Create(
            "Snippet" + Guid.NewGuid().ToString("N"),
            [
                CSharpSyntaxTree.ParseText(source, parsing),
                CSharpSyntaxTree.ParseText(isProgram ? CompilerInput.WebImplicitUsings : CompilerInput.WebImplicitUsings + PreludeUsings, parsing),
            ],
            CompilerInput.References,
            new CSharpCompilationOptions(isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)
                .WithSpecificDiagnosticOptions(new Dictionary<string, ReportDiagnostic> { ["OPENAI001"] = ReportDiagnostic.Suppress, ["MEAI001"] = ReportDiagnostic.Suppress }));

        using var image = new MemoryStream();
        EmitResult result = compilation.Emit(image);
        string[] errors = [.. result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(Describe)];
        Assert.True(result.Success, string.Join(Environment.NewLine, errors));
        image.Position = 0;
        return AssemblyLoadContext.Default.LoadFromStream(image);
    }

    /// <summary>Creates the context in which a compiled snippet runs.</summary>
    public static SnippetPrelude Instantiate(Assembly snippet) =>
        (SnippetPrelude)Activator.CreateInstance(snippet.GetTypes().Single(type => type.IsSubclassOf(typeof(SnippetPrelude))))!;

    private static string Wrapped(Fence fence)
    {
        Match usings = Usings().Match(fence.Text);
        string body = new string('\n', usings.Value.Count(character => character == '\n')) + fence.Text[usings.Length..];
        StringBuilder source = new StringBuilder(Numbered(fence, usings.Value)).AppendLine("public sealed class Snippet : MeaiBudget.Tests.SnippetPrelude {");
        if (fence.Has("snippet: members"))
        {
            source.AppendLine(Numbered(fence, body)).AppendLine("public override Task RunAsync() => Task.CompletedTask;");
        }
        else
        {
            (string statements, string types) = Split(body);
            bool areLayers = statements.TrimStart().StartsWith('.');
            source.AppendLine("public override async Task RunAsync() { await Task.CompletedTask;")
                .AppendLine(areLayers ? "IChatClient built = new ChatClientBuilder(openAi)" : "")
                .AppendLine(Numbered(fence, statements))
                .AppendLine(areLayers ? ".Build(services);" : "")
                .AppendLine("}")
                .AppendLine(Numbered(fence, types));
        }

        return source.AppendLine("}").ToString();
    }

    /// <summary>Types are declared behind the statements, as in a program; here they stand beside the method. Lines keep their numbers.</summary>
    private static (string Statements, string Types) Split(string body)
    {
        SyntaxNode? first = CSharpSyntaxTree.ParseText(body).GetCompilationUnitRoot().Members
            .FirstOrDefault(member => member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);
        return first is null
            ? (body, "")
            : (body[..first.SpanStart], new string('\n', body[..first.SpanStart].Count(character => character == '\n')) + body[first.SpanStart..]);
    }

    private static string Numbered(Fence fence, string text) => $"#line {fence.Line} \"{fence.Page.Name}\"\n{text}\n#line hidden\n";

    private static string Describe(Diagnostic diagnostic)
    {
        FileLinePositionSpan position = diagnostic.Location.GetMappedLineSpan();
        return $"{position.Path}({position.StartLinePosition.Line + 1}): {diagnostic.Id} {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}";
    }

    /// <summary>Using directives, pragmas and blank lines at the beginning, with the comments behind them.</summary>
    [GeneratedRegex(@"\A(?:using [\w.]+;[^\n]*\n|#pragma [^\n]*\n|\s*\n)*")]
    private static partial Regex Usings();
}
