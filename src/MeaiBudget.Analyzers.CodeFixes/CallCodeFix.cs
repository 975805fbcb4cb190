using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace MeaiBudget.Analyzers;

/// <summary>Sets the output limit of a call, or gives a tag the name that the budget has.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(CallCodeFix))]
[Shared]
public sealed class CallCodeFix : CodeFixProvider
{
    private const string Limit = "MaxOutputTokens";
    private const int Tokens = 1000;

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [RuleIds.NoOutputLimit, RuleIds.TagCase];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model)
        {
            return;
        }

        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            (SyntaxNode Node, SyntaxNode Changed)? change = diagnostic.Id == RuleIds.TagCase ? Renamed(root, diagnostic) : Limited(root, model, diagnostic);
            if (change is { } found)
            {
                string title = diagnostic.Id == RuleIds.TagCase ? $"Write \"{diagnostic.Properties["Tag"]}\"" : $"Set {Limit} to {Tokens}";
                context.RegisterCodeFix(
                    CodeAction.Create(title, _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(found.Node, found.Changed))), diagnostic.Id), diagnostic);
            }
        }
    }

    private static (SyntaxNode, SyntaxNode)? Renamed(SyntaxNode root, Diagnostic diagnostic) =>
        root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true) is LiteralExpressionSyntax literal && diagnostic.Properties.TryGetValue("Tag", out string? tag) && tag is not null
            ? (literal, SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(tag)).WithTriviaFrom(literal))
            : null;

    private static (SyntaxNode, SyntaxNode)? Limited(SyntaxNode root, SemanticModel model, Diagnostic diagnostic)
    {
        if (SyntaxOfChains.CallAt(root, diagnostic.Location) is not { } call)
        {
            return null;
        }

        string made = $"new {SyntaxOfChains.NameAt(model, call, "Microsoft.Extensions.AI.ChatOptions")} {{ {Limit} = {Tokens} }}";
        LiteralExpressionSyntax tokens = SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, SyntaxFactory.Literal(Tokens));
        ArgumentSyntax? argument = call.ArgumentList.Arguments.FirstOrDefault(one => model.GetTypeInfo(one.Expression).ConvertedType?.Name == "ChatOptions");
        switch (argument?.Expression)
        {
            case null:
                ExpressionSyntax options = SyntaxFactory.ParseExpression(made);
                ArgumentSyntax added = SyntaxFactory.Argument(SyntaxFactory.NameColon("options"), default, options);

                // A named argument may stand before the others only in its own place, so it goes to the end of those that have no name.
                int place = call.ArgumentList.Arguments.TakeWhile(static one => one.NameColon is null).Count();
                return (call.ArgumentList, call.ArgumentList.WithArguments(call.ArgumentList.Arguments.Insert(place, added)).WithAdditionalAnnotations(Formatter.Annotation));
            case BaseObjectCreationExpressionSyntax created:
                return (created, SyntaxOfChains.With(created, Limit, tokens));
            case LiteralExpressionSyntax nothing when nothing.IsKind(SyntaxKind.NullLiteralExpression):
                return (nothing, SyntaxFactory.ParseExpression(made).WithTriviaFrom(nothing));
            default:
                return null;
        }
    }
}
