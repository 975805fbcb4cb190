using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>Requests that code sends to a provider with an HttpClient of its own.</summary>
internal sealed class HandwrittenRequests(TypeScope scope)
{
    private static readonly ImmutableArray<string> Hosts =
    [
        "api.openai.com", "openai.azure.com", "services.ai.azure.com", "api.anthropic.com", "generativelanguage.googleapis.com", "aiplatform.googleapis.com",
        "openrouter.ai", "api.mistral.ai", "api.deepseek.com", "api.groq.com", "api.x.ai", "api.together.xyz", "api.fireworks.ai", "api.cohere.com", "api.perplexity.ai",
    ];

    // Paths that only the API of a model has. Others, such as v1/messages, may be those of any service, so they need a known host.
    private static readonly ImmutableArray<string> Paths = ["chat/completions", ":generateContent", ":streamGenerateContent"];

    // Stands for the parts of an address that are not seen.
    private const string Unseen = "unseen";

    // The host of relative addresses: that of all base addresses that the type sets.
    private readonly string? _baseHost = CommonHost(scope);

    /// <summary>The host or path of a provider that an expression sends a request to; null if it sends none, or only reads.</summary>
    public string? ProviderOf(IOperation operation) => operation switch
    {
        IInvocationOperation call when IsPost(call) => call.Arguments.Select(argument => argument.Value).Where(IsAddress).Select(Of).FirstOrDefault(static provider => provider is not null),
        IObjectCreationOperation { Type: { Name: "HttpRequestMessage" } type } created when KnownTypes.NamespaceOf(type) == "System.Net.Http" && !IsRead(created) =>
            created.Descendants().Where(IsAddress).Select(Of).FirstOrDefault(static provider => provider is not null),
        ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property: { Name: "RequestUri", ContainingType.Name: "HttpRequestMessage" }, Instance: { } request } } assignment
            when TypeScope.VariableOf(request) is { } message && IsPost(message) => Of(assignment.Value),
        _ => null,
    };

    /// <summary>True if the method of a request that a variable holds is set to one that is no read.</summary>
    private bool IsPost(ISymbol message) =>
        scope.Operations.OfType<ISimpleAssignmentOperation>().Any(one => one.Target is IPropertyReferenceOperation { Property: { Name: "Method", ContainingType.Name: "HttpRequestMessage" }, Instance: { } instance }
            && KnownTypes.Same(TypeScope.VariableOf(instance), message) && !IsReadMethod(one.Value))
        || scope.ValuesOf(message).Any(static value => TypeScope.Strip(value) is IObjectCreationOperation { Arguments.Length: > 0 } created && !IsRead(created));

    private string? Of(IOperation address)
    {
        if (TextOf(address, scope, depth: 0) is not { } text)
        {
            return null;
        }

        bool isWhole = text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        return HostOf(text) ?? (isWhole ? null : _baseHost) ?? Paths.FirstOrDefault(path => text.IndexOf(path, StringComparison.Ordinal) >= 0);
    }

    private static bool IsPost(IInvocationOperation call) =>
        call.TargetMethod is { Name: "PostAsync" or "PostAsJsonAsync", ContainingType: { Name: "HttpClient" or "HttpClientJsonExtensions" } type }
        && KnownTypes.IsWithin(KnownTypes.NamespaceOf(type), "System.Net.Http");

    private static bool IsReadMethod(IOperation value) =>
        TypeScope.Strip(value) is IPropertyReferenceOperation { Property: { ContainingType.Name: "HttpMethod", Name: "Get" or "Head" or "Delete" or "Options" } };

    private static bool IsRead(IObjectCreationOperation created) =>
        created.Descendants().Any(IsReadMethod)
        || created.Arguments.Length == 0 && !created.Descendants().Any(static one => one is IPropertyReferenceOperation { Property: { ContainingType.Name: "HttpMethod" } });

    private static bool IsAddress(IOperation value) => TypeScope.Strip(value).Type is { } type
        && (type.SpecialType == SpecialType.System_String || type is { Name: "Uri" } && KnownTypes.NamespaceOf(type) == "System");

    /// <summary>The address that an expression has, as far as it is seen: constants, their concatenation, and variables of the type.</summary>
    private static string? TextOf(IOperation expression, TypeScope scope, int depth)
    {
        IOperation value = TypeScope.Strip(expression);
        if (depth > 8)
        {
            return null;
        }

        switch (value)
        {
            case { ConstantValue: { HasValue: true, Value: string constant } }:
                return constant;
            case IObjectCreationOperation { Type.Name: "Uri", Arguments: { Length: > 0 } arguments }:
                IEnumerable<string?> parts = arguments.Take(2).Where(static argument => IsAddress(argument.Value)).Select(argument => TextOf(argument.Value, scope, depth + 1));
                return string.Concat(parts);
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.Add } sum:
                return (TextOf(sum.LeftOperand, scope, depth + 1) ?? Unseen) + (TextOf(sum.RightOperand, scope, depth + 1) ?? Unseen);
            case IInterpolatedStringOperation interpolated:
                return string.Concat(interpolated.Parts.Select(part => part switch
                {
                    IInterpolatedStringTextOperation text => text.Text.ConstantValue.Value as string,
                    IInterpolationOperation hole => TextOf(hole.Expression, scope, depth + 1) ?? Unseen,
                    _ => null,
                }));
            default:
                return TypeScope.VariableOf(value) is { } variable && scope.ValuesOf(variable) is { Count: 1 } values ? TextOf(values[0], scope, depth + 1) : null;
        }
    }

    private static string? HostOf(string? address)
    {
        if (address is null || !Uri.TryCreate(address, UriKind.Absolute, out Uri? uri))
        {
            return null;
        }

        return Hosts.FirstOrDefault(host => uri.Host.Equals(host, StringComparison.OrdinalIgnoreCase) || uri.Host.EndsWith("." + host, StringComparison.OrdinalIgnoreCase)
            || uri.Host.EndsWith("-" + host, StringComparison.OrdinalIgnoreCase));
    }

    private static string? CommonHost(TypeScope scope)
    {
        string?[] hosts = [.. scope.Operations.OfType<ISimpleAssignmentOperation>()
            .Where(static assignment => assignment.Target is IPropertyReferenceOperation { Property: { Name: "BaseAddress", ContainingType.Name: "HttpClient" } })
            .Select(assignment => HostOf(TextOf(assignment.Value, scope, depth: 0)))];
        return hosts.Length > 0 && hosts.All(static host => host is not null) ? hosts[0] : null;
    }
}
